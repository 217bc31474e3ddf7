using System.Text.Json;
using System.Text.Json.Nodes;
using DataSync.Tests.Export.Csv;
using DataSync.Tests.Export.Json;
using DataSync.Tests.Properties;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;

namespace DataSync.IntegrationTests.Properties;

/// <summary>What lies in a PostgreSQL table comes out of the export files: through the connector, our PostgreSQL and the exporters.</summary>
public sealed class PipelineExportProperties(WholePipeline pipeline) : IClassFixture<WholePipeline>
{
    private static readonly JsonDocumentOptions AnyDepth = new() { MaxDepth = 1000 };

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    // Feature: data-sync-pipeline, Property 15: For any data exported to JSON format, parsing the JSON output should produce a valid data
    // structure with consistent schema, and all UTF-8 characters should be preserved.
    [Property(MaxTest = 100)]
    [Trait("Property", "15")]
    public Property Json_files_parse_back_to_the_rows_of_the_table()
        => Prop.ForAll(
            (from data in SourceDataGenerators.Table(24) from size in Gen.Choose(1, 30) select (data, size)).ToArbitrary(),
            async given =>
            {
                var outcome = await pipeline.RunAsync(given.data, $$$"""{"output_format":["json","jsonl"],"processing_rules":{"batch_size":{{{given.size}}}},"export_config":{"pagination":{"page_size":5} } }""", Ct);
                var pages = PageText.All(outcome.Files.Select(f => (f.Key, f.Value)));
                Assert.All(pages, p => Assert.Equal(PageText.MetadataMembers, p.Metadata.EnumerateObject().Select(m => m.Name)));
                foreach (var records in (string[][])[[.. pages.SelectMany(p => p.Data)], outcome.Lines])
                {
                    Assert.Equal(given.data.Rows, records.Length);
                    foreach (var (row, record) in records.Index()) CheckRecord(given.data, row, record);
                }
            });

    // Feature: data-sync-pipeline, Property 16: For any data exported to CSV format, the output should have headers, properly escaped
    // values, and be parseable by standard CSV libraries.
    [Property(MaxTest = 100)]
    [Trait("Property", "16")]
    public Property Csv_file_parses_back_to_the_rows_of_the_table()
        => Prop.ForAll(SourceDataGenerators.Table(24).ToArbitrary(), async data =>
        {
            var csv = (await pipeline.RunAsync(data, """{"output_format":"csv"}""", Ct)).Files["data.csv"];
            var (header, rows) = CsvModel.Table(data.Records());
            List<List<string?>> expected = rows.Count == 0 ? [] : [[.. header], .. rows];
            Assert.Equal(expected, CsvText.Parse(csv));
            Assert.Equal(expected.Select(r => r.Select(v => v ?? "").ToList()), CsvLibrary.Parse(csv));
        });

    // The same by PostgreSQL's COPY: header and fields as text, and null apart from an empty text. U+0000, which no text of PostgreSQL has, is left out.
    [Property(MaxTest = 60)]
    [Trait("Property", "16")]
    public Property Csv_file_is_copied_into_a_table_of_text_again()
        => Prop.ForAll(SourceDataGenerators.Table(24).Where(d => !d.Records().Any(r => r.Contains("\\u0000", StringComparison.Ordinal))).ToArbitrary(), async data =>
        {
            var csv = (await pipeline.RunAsync(data, """{"output_format":"csv"}""", Ct)).Files["data.csv"];
            var (header, rows) = CsvModel.Table(data.Records());
            Assert.Equal<List<string?>>(rows.Count == 0 ? [] : [[.. header], .. rows], await CopiedTable.ReadAsync(csv, Math.Max(1, header.Count), Ct));
        });

    [Theory]
    [InlineData("a\r\n\r\n\"\"\r\n", null, "")]
    [InlineData("a\r\n\"\\.\"\r\nx\r\n", "\\.", "x")]
    public async Task One_column_is_copied_with_its_blank_lines_and_what_looks_like_an_end(string csv, string? first, string? second)
        => Assert.Equal<List<string?>>([["a"], [first], [second]], await CopiedTable.ReadAsync(csv, 1, Ct));

    // Feature: data-sync-pipeline, Property 18: For any data with semantic enhancement applied, the export output should contain both
    // original fields and enhanced fields, and no original data should be lost.
    [Property(MaxTest = 100)]
    [Trait("Property", "18")]
    public Property Refined_records_are_exported_with_what_was_made_and_all_that_was()
        => Prop.ForAll(
            (from rules in RuleGenerators.Rules
             from documents in RuleGenerators.Document.ListOf(24)
             from extra in Gen.Elements("_original", "__original", "_metadata", "note")
             from values in Gen.Elements("1.50", "{\"a\":[1, 2]}", "null", "\"\\u0041\"").ListOf(24)
             select (rules, documents, extra, values)).ToArbitrary(),
            async given =>
            {
                var fields = SourceData.OfDocuments([.. given.documents], RuleGenerators.Fields);
                var data = fields with { Columns = [.. fields.Columns, new SourceDataColumn(given.extra, "json", [.. given.values])] };
                var outcome = await pipeline.RunAsync(
                    data, $$$"""{"refinement_config":{"business_rules":[{{{string.Join(',', given.rules.Select(r => r.ToJson()))}}}]},"output_format":["jsonl","csv"]}""", Ct);
                var tagging = given.rules.Any(r => r.Actions.Any(a => a.Kind == "tag"));
                var (lines, originals) = (new Queue<string>(outcome.Lines), outcome.Rejected.ToDictionary(r => r.Seq, r => r.Original));
                foreach (var (row, raw) in data.Records().Index())
                {
                    var model = RuleModel.Run(raw, given.rules);
                    if (model.Rejection is null) CheckRefined(lines.Dequeue(), raw, model, tagging);
                    else Assert.Equal(raw, originals[row]);
                }

                Assert.Empty(lines);
                var (header, rows) = CsvModel.Table(outcome.Lines, tagging ? ["_original", "_metadata"] : ["_original"]);
                Assert.Equal(rows.Count == 0 ? [] : [[.. header], .. rows], CsvText.Parse(outcome.Files["data.csv"]));
            });

    // Feature: data-sync-pipeline, Property 19: For any large dataset export, the system should support pagination with configurable page
    // size, and iterating through all pages should return all records exactly once.
    [Property(MaxTest = 100)]
    [Trait("Property", "19")]
    public Property Pages_hold_every_row_of_the_table_once_and_in_order()
        => Prop.ForAll(
            (from rows in Gen.OneOf(Gen.Choose(0, 400), Gen.Choose(1000, 3000))
             from size in Gen.OneOf(Gen.Choose(1, 12), Gen.Choose(50, 500))
             from batch in Gen.Choose(1, 1200)
             select (rows, size: Math.Max(size, rows / 15), batch: Math.Max(batch, rows / 50))).ToArbitrary(),
            async given =>
            {
                var data = new SourceData(given.rows, []);
                var outcome = await pipeline.RunAsync(data, $$$"""{"output_format":"json","processing_rules":{"batch_size":{{{given.batch}}}},"export_config":{"pagination":{"page_size":{{{given.size}}} } } }""", Ct);
                PageText.CheckPagination(PageText.All(outcome.Files.Select(f => (f.Key, f.Value))), data.Records(), given.size);
            });

    private static void CheckRecord(SourceData data, int row, string record)
    {
        using var json = JsonDocument.Parse(record, AnyDepth);
        var members = json.RootElement.EnumerateObject().ToList();
        Assert.Equal(data.Columns.Select(c => c.Name).Prepend("row"), members.Select(m => m.Name));
        Assert.Equal(row, members[0].Value.GetInt32());
        foreach (var (column, member) in data.Columns.Zip(members.Skip(1)))
        {
            if (column.Type == "text") Assert.Equal(column.Values[row], member.Value.GetString());
            else Assert.Equal(column.Json(row), member.Value.GetRawText());
        }
    }

    /// <summary>The line has the refined members; of the record's own each one as it was, among them or in <c>_original</c>; and its tags in <c>_metadata</c> where any rule tags.</summary>
    private static void CheckRefined(string line, string raw, RuleModel model, bool tagging)
    {
        var members = JsonElement.Parse(line).EnumerateObject().Select(m => (m.Name, Text: m.Value.GetRawText(), m.Value)).ToList();
        var names = model.Record.Select(m => m.Key).ToList();
        Assert.Equal([.. names, Free("_original", names), .. tagging ? [Free("_metadata", names)] : Array.Empty<string>()], members.Select(m => m.Name));
        foreach (var (name, text, _) in members.Take(names.Count)) Assert.True(JsonNode.DeepEquals(model.Record[name], JsonNode.Parse(text)), $"{name}: {text} should be {model.Record[name]?.ToJsonString()}");
        var now = members.Take(names.Count).Select(m => (m.Name, m.Text)).ToHashSet();
        var changed = JsonElement.Parse(raw).EnumerateObject().Select(m => (m.Name, m.Value.GetRawText())).Where(m => !now.Contains(m));
        var original = members[names.Count].Value;
        Assert.Equal(changed, original.ValueKind == JsonValueKind.Null ? [] : original.EnumerateObject().Select(m => (m.Name, m.Value.GetRawText())));
        if (tagging) Assert.Equal(model.Tags.Count == 0 ? "null" : JsonSerializer.Serialize(new { tags = model.Tags }), Canonical(members[^1].Text));
    }

    private static string Canonical(string json) => JsonNode.Parse(json)?.ToJsonString() ?? "null";

    /// <summary>The name, with underscores before it until no member has it.</summary>
    private static string Free(string name, List<string> taken) => taken.Contains(name, StringComparer.Ordinal) ? Free("_" + name, taken) : name;
}
