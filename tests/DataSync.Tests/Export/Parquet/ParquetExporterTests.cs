using DataSync.Pipeline;

namespace DataSync.Tests.Export.Parquet;

public class ParquetExporterTests() : ExporterContract("parquet")
{
    [Fact]
    public async Task Columns_have_the_narrowest_type_that_gives_all_values_back()
    {
        await ExportAsync(
            """{"int":9223372036854775807,"money":0.10,"big":18446744073709551615,"float":0.1,"wide":1.0000000000000000000000000000001,"flag":true,"text":"é李😀\u0000'","n":{"a":1,"b.c":"x"},"list":[1, 2],"mixed":1,"none":null,"padded":1.50}""",
            """{"int":-9223372036854775808,"money":12345.67,"big":1,"float":1e300,"wide":1,"flag":false,"text":"","n":{},"list":{},"mixed":"1","padded":1.5}""",
            "{}");
        var table = await TableAsync();
        Assert.Equal(
            [("int", "BIGINT"), ("money", "DECIMAL(18,2)"), ("big", "DECIMAL(28,0)"), ("float", "DOUBLE"), ("wide", "VARCHAR"), ("flag", "BOOLEAN"), ("text", "VARCHAR"), ("n.a", "BIGINT"), ("n.b\\.c", "VARCHAR"), ("list", "VARCHAR"), ("mixed", "VARCHAR"), ("none", "VARCHAR"), ("padded", "VARCHAR"), ("n", "VARCHAR")],
            table.Columns);
        Assert.Equal(["9223372036854775807", "0.10", "18446744073709551615", "0.1", "1.0000000000000000000000000000001", "true", "é李😀\0'", "1", "x", "[1, 2]", "1", null, "1.50", null], table.Rows[0]);
        Assert.Equal(["-9223372036854775808", "12345.67", "1", "1e+300", "1", "false", "", null, null, "{}", "\"1\"", null, "1.5", "{}"], table.Rows[1]);
        Assert.Equal(Enumerable.Repeat<string?>(null, 14), table.Rows[2]);
        Assert.Equal(["wide", "list", "mixed", "padded", "n"], table.Json);
    }

    [Theory]
    [InlineData("1.0", "2.5", "DECIMAL(18,1)")]
    [InlineData("1", "2.5", "DOUBLE")]
    [InlineData("1.0", "2.25", "DOUBLE")]
    [InlineData("1.10", "2.5", "VARCHAR")]
    [InlineData("0.30000000000000004", "1e22", "DOUBLE")]
    [InlineData("0.1000000000000000055511151231257827", "1", "VARCHAR")]
    [InlineData("9007199254740993", "0.5", "VARCHAR")]
    [InlineData("1e400", "1", "VARCHAR")]
    [InlineData("-0", "1", "DOUBLE")]
    [InlineData("-0.00", "1.00", "VARCHAR")]
    [InlineData("9223372036854775808", "1", "DECIMAL(28,0)")]
    [InlineData("12345678901234567890123456789", "1", "VARCHAR")]
    [InlineData("5e-324", "1.5", "DOUBLE")]
    [InlineData("1234567890123456.78", "0.01", "DECIMAL(18,2)")]
    [InlineData("12345678901234567.89", "0.01", "DECIMAL(28,2)")]
    [InlineData("-79228162514264337593543950.33", "-0.01", "DECIMAL(28,2)")]
    [InlineData("0.1234567890123456789012345678", "-0.9999999999999999999999999999", "DECIMAL(28,28)")]
    public async Task Numbers_have_the_type_that_keeps_them(string one, string other, string type)
    {
        await ExportAsync($$"""{"n":{{one}}}""", $$"""{"n":{{other}}}""");
        var table = await TableAsync();
        Assert.Equal([("n", type)], table.Columns);
        if (type != "DOUBLE") Assert.Equal([one, other], table.Rows.Select(r => r[0]));
    }

    [Fact]
    public async Task Last_record_changes_a_column_of_row_groups_already_put_aside()
    {
        var padding = new string('x', 1_000_000);
        await ExportAsync([.. Enumerable.Range(0, 40).Select(i => $$"""{"id":{{i}},"pad":"{{padding}}"}"""), """{"id":"last","new":true}"""]);
        var table = await TableAsync();
        Assert.True(table.Groups.Count > 1);
        Assert.Equal(41, table.Groups.Sum());
        Assert.Equal([.. Enumerable.Range(0, 40).Select(i => $"{i}"), "\"last\""], table.Rows.Select(r => r[0]));
        Assert.Equal(40, table.Rows.Count(r => r[1] == padding));
        Assert.Equal(["true"], table.Rows.Where(r => r[2] is not null).Select(r => r[2]));
    }

    [Fact]
    public async Task Row_groups_written_while_records_come_keep_them_in_order()
    {
        var padding = new string('x', 1_000_000);
        await ExportAsync([.. Enumerable.Range(0, 30).Select(i => $$"""{"id":{{i}},"pad":"{{padding}}","even":{{(i % 2 == 0 ? "true" : "null")}}}""")]);
        var table = await TableAsync();
        Assert.Equal(3, table.Groups.Count);
        Assert.Equal([.. Enumerable.Range(0, 30).Select(i => $"{i}")], table.Rows.Select(r => r[0]));
        Assert.Equal([.. Enumerable.Range(0, 30).Select(i => i % 2 == 0 ? "true" : null)], table.Rows.Select(r => r[2]));
    }

    [Fact]
    public async Task Records_without_any_value_have_a_file_that_readers_take()
    {
        await ExportAsync("{}", "{}");
        var table = await TableAsync();
        Assert.Equal(["\\value"], table.Columns.Select(c => c.Name));
        Assert.Equal(2, table.Rows.Count);
        await ExportAsync("""{"":1}""", "7");
        Assert.Equal([("\\empty", "BIGINT"), ("\\value", "BIGINT")], (await TableAsync()).Columns);
    }

    [Theory]
    [InlineData("none", "SNAPPY")]
    [InlineData("gzip", "GZIP")]
    [InlineData("zstd", "ZSTD")]
    public async Task Compression_is_within_the_file_whose_name_stays(string compression, string codec)
    {
        Rig.Plan = Rig.Plan with { Export = new ExportPlan { Compression = compression } };
        var outcome = await Rig.RunAsync([.. Enumerable.Range(0, 2000).Select(i => $$"""{"id":{{i}},"text":"the same words again"}""")], ct: TestContext.Current.CancellationToken);
        Assert.Equal(["data.parquet", "SHA256SUMS", "manifest.json"], outcome.Exports.Select(f => f.Name));
        Assert.Null(outcome.Exports[0].Compression);
        var codecs = (await DuckDb.QueryAsync(TestContext.Current.CancellationToken, $"SELECT DISTINCT compression FROM parquet_metadata({DuckDb.Quoted(Path.Combine(Rig.Folder, "data.parquet"))})"))[0];
        Assert.Equal([codec], codecs.Rows.Select(r => r[0]));
        Assert.Equal(Enumerable.Range(0, 2000).Select(i => $"{i}"), (await TableAsync()).Rows.Select(r => r[0]));
    }

    protected override long CountRecordsOf(string path) => ParquetTable.ReadAsync(path, CancellationToken.None).GetAwaiter().GetResult().Rows.Count;

    private Task ExportAsync(params string[] records) => Rig.RunAsync(records, ct: TestContext.Current.CancellationToken);

    private Task<ParquetTable> TableAsync() => ParquetTable.ReadAsync(Path.Combine(Rig.Folder, "data.parquet"), TestContext.Current.CancellationToken);
}
