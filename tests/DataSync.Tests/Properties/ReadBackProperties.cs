using System.Text.Json;
using DataSync.Pipeline;
using DataSync.Tests.Export;
using DataSync.Tests.Export.Json;
using DataSync.Tests.Export.Parquet;
using FsCheck;
using FsCheck.Fluent;

namespace DataSync.Tests.Properties;

/// <summary>Exports read back by programs that others use: what they can hold, they hold.</summary>
public class ReadBackProperties
{
    // Feature: data-sync-pipeline, Property 15: For any data exported to JSON format, parsing the JSON output should produce a valid data
    // structure with consistent schema, and all UTF-8 characters should be preserved. By jq: pages and lines give the records, value by value.
    [FsCheck.Xunit.Property(MaxTest = 40)]
    [Trait("Property", "15")]
    public Property Jq_reads_every_record_of_pages_and_lines()
        => Prop.ForAll(ExportGenerators.Several(ExportGenerators.Held, 12).ToArbitrary(), async documents =>
        {
            using var rig = await ExportAsync(documents, "json", "jsonl");
            var pages = rig.Names().Where(n => n.StartsWith("data-", StringComparison.Ordinal)).Select(n => Path.Combine(rig.Folder, n)).ToArray();
            Check(documents, await Jq.ReadAsync(".data[]", pages, CancellationToken.None));
            Check(documents, await Jq.ReadAsync(".", [Path.Combine(rig.Folder, "data.jsonl")], CancellationToken.None));
            Assert.Equal([$"{documents.Count}"], await Jq.ReadAsync(".records", [Path.Combine(rig.Folder, "manifest.json")], CancellationToken.None));
        });

    // The same of DuckDB, which reads each line as a JSON value.
    [FsCheck.Xunit.Property(MaxTest = 100)]
    [Trait("Property", "15")]
    public Property Duckdb_loads_every_line()
        => Prop.ForAll(ExportGenerators.Several(ExportGenerators.Held, 12).ToArbitrary(), async documents =>
        {
            using var rig = await ExportAsync(documents, "jsonl");
            Check(documents, (await RowsAsync($"SELECT json FROM read_ndjson_objects({File(rig, "data.jsonl")})")).Select(r => r[0]!));
        });

    // Feature: data-sync-pipeline, Property 16: For any data exported to CSV format, the output should have headers, properly escaped
    // values, and be parseable by standard CSV libraries. By DuckDB: header and fields, and null apart from an empty text.
    [FsCheck.Xunit.Property(MaxTest = 150)]
    [Trait("Property", "16")]
    public Property Duckdb_loads_header_and_every_field_of_csv()
        => Prop.ForAll(ExportGenerators.Several(ExportGenerators.Document, 12).ToArbitrary(), async documents =>
        {
            var (header, rows) = CsvModel.Table(documents);
            if (header.Count < 2) return; // a lone null is a blank line, which DuckDB passes over
            using var rig = await ExportAsync(documents, "csv");
            var columns = string.Join(',', Enumerable.Range(0, header.Count).Select(i => $"'c{i}':'VARCHAR'"));
            var read = await RowsAsync($"SELECT * FROM read_csv({File(rig, "data.csv")}, auto_detect=false, header=false, delim=',', quote='\"', escape='\"', new_line='\\r\\n', allow_quoted_nulls=false, columns={{{columns}}})");
            Assert.Equal<IEnumerable<string?>>([[.. header], .. rows], read);
        });

    [Fact]
    public async Task Duckdb_finds_the_types_of_lines_and_of_csv_by_itself()
    {
        using var rig = await ExportAsync(["""{"id":9007199254740993,"name":"é 李😀, \"x\"\r\n","price":0.1,"paid":true,"at":"2026-01-02"}""", """{"id":2,"name":"","price":-2.5,"paid":null,"at":"2026-12-31"}"""], "jsonl", "csv");
        foreach (var from in (string[])[$"read_json({File(rig, "data.jsonl")})", $"read_csv({File(rig, "data.csv")}, allow_quoted_nulls=false)"])
        {
            var found = (await DuckDb.QueryAsync(TestContext.Current.CancellationToken, $"SELECT * FROM {from}"))[0];
            Assert.Equal(["BIGINT", "VARCHAR", "DOUBLE", "BOOLEAN", "DATE"], found.Types);
            Assert.Equal<IEnumerable<string?>>([["9007199254740993", "é 李😀, \"x\"\r\n", "0.1", "true", "2026-01-02"], ["2", "", "-2.5", null, "2026-12-31"]], found.Rows);
        }
    }

    private static void Check(List<string> documents, IEnumerable<string> read)
    {
        var values = read.Select(r => JsonElement.Parse(r)).ToList();
        Assert.Equal(documents.Count, values.Count);
        Assert.All(documents.Zip(values), pair => Assert.True(JsonElement.DeepEquals(JsonElement.Parse(pair.First), pair.Second), $"{pair.First}\n{pair.Second}"));
    }

    private static async Task<ExportRig> ExportAsync(IReadOnlyList<string> documents, params string[] formats)
    {
        var rig = new ExportRig { Plan = new SyncPlan { OutputFormats = formats, Export = new ExportPlan { PageSize = 5 } } };
        await rig.RunAsync(documents);
        return rig;
    }

    private static async Task<IReadOnlyList<IReadOnlyList<string?>>> RowsAsync(string statement) => (await DuckDb.QueryAsync(CancellationToken.None, statement))[0].Rows;

    private static string File(ExportRig rig, string name) => DuckDb.Quoted(Path.Combine(rig.Folder, name));
}
