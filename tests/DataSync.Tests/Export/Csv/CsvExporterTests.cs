using System.Globalization;
using System.Text;
using System.Text.Json;
using DataSync.Export.Columns;
using DataSync.Pipeline;
using DataSync.Pipeline.Failures;

namespace DataSync.Tests.Export.Csv;

public class CsvExporterTests() : RecordExporterContract("csv")
{
    private static ExportPlan Guarded => new() { Options = new Dictionary<string, JsonElement>(StringComparer.Ordinal) { ["csv"] = JsonElement.Parse("""{"formula_guard":true}""") } };

    protected override long CountRecords(string content) => Math.Max(0, CsvText.Parse(content).Count - 1);

    [Theory]
    [InlineData("""{"a":null,"b":"","c":1}""", "a,b,c\r\n,\"\",1\r\n")]
    [InlineData("""{"a":"x, \"y\"","b":"1\r\n2"}""", "a,b\r\n\"x, \"\"y\"\"\",\"1\r\n2\"\r\n")]
    [InlineData("""{"a":{"b":{"c":1},"d":{}},"e":[1, {"f":2}],"g":true}""", "a.b.c,a.d,e,g\r\n1,{},\"[1, {\"\"f\"\":2}]\",true\r\n")]
    [InlineData("""{"a.b":1,"a":{"b":2},"a\\.b":3}""", "a\\.b,a.b,a\\\\\\.b\r\n1,2,3\r\n")]
    [InlineData("""{"a":1,"\u0061":2,"a":{"b":3}}""", "a,a\\2,a.b\r\n1,2,3\r\n")]
    [InlineData("""{"":1,"x":{"":2},"\"\n":3}""", "\"\",x.,\"\"\"\n\"\r\n1,2,3\r\n")]
    [InlineData("""{"a":"\u00e9\ud83d\ude00\ud800\u0000","b":"\\n"}""", "a,b\r\né😀\\ud800\0,\\n\r\n")]
    [InlineData("""{"a":"=1+1","b":" x "}""", "a,b\r\n=1+1, x \r\n")]
    [InlineData("{\"\uFEFFa\":1,\"\uFEFFb\":2}", "\"\uFEFFa\",\uFEFFb\r\n1,2\r\n")]
    [InlineData("[1]", "\\value\r\n[1]\r\n")]
    [InlineData("""{"a":"\\."}""", "a\r\n\"\\.\"\r\n")]
    [InlineData("""{".":"\u005c."}""", "\"\\.\"\r\n\"\\.\"\r\n")]
    [InlineData("""{"a":".","b":"\\..","c":"x\\."}""", "a,b,c\r\n.,\\..,x\\.\r\n")]
    public async Task Record_becomes_row(string record, string csv)
    {
        await Rig.RunAsync([record], ct: TestContext.Current.CancellationToken);
        Assert.Equal(csv, Rig.Read("data.csv"));
    }

    [Theory]
    [InlineData("""{"a":"=1+1","b":"+1","c":"-1","d":"@x","e":"\tx","f":"\r\nx"}""", "a,b,c,d,e,f\r\n'=1+1,'+1,'-1,'@x,'\tx,\"'\r\nx\"\r\n")]
    [InlineData("""{"a":-1,"b":-1.5e-3,"c":"1-1","d":" =1","e":"'=1","f":"","g":null,"h":["=1"]}""", "a,b,c,d,e,f,g,h\r\n-1,-1.5e-3,1-1, =1,'=1,\"\",,\"[\"\"=1\"\"]\"\r\n")]
    [InlineData("""{"a":"\u003d1","b":"\u00e9=","c":"=é\n,"}""", "a,b,c\r\n'=1,é=,\"'=é\n,\"\r\n")]
    [InlineData("""{"=a":1,"b":{"-c":2}}""", "'=a,b.-c\r\n1,2\r\n")]
    [InlineData("""{"a":"＝1","b":"＋1","c":"－1","d":"＠x","e":"\n=1","f":"！=1","g":"＜1"}""", "a,b,c,d,e,f,g\r\n'＝1,'＋1,'－1,'＠x,\"'\n=1\",！=1,＜1\r\n")]
    public async Task Text_that_begins_a_formula_is_guarded_where_asked_for_and_numbers_stay(string record, string csv)
    {
        Rig.Plan = Rig.Plan with { Export = Guarded };
        await Rig.RunAsync([record], ct: TestContext.Current.CancellationToken);
        Assert.Equal(csv, Rig.Read("data.csv"));
    }

    [Fact]
    public async Task Guard_holds_for_columns_that_appear_later()
    {
        Rig.Plan = Rig.Plan with { Export = Guarded };
        await Rig.RunAsync(["""{"=a":"=1"}""", """{"@b":"-2"}"""], batchSize: 1, ct: TestContext.Current.CancellationToken);
        Assert.Equal("'=a,'@b\r\n'=1,\r\n,'-2\r\n", Rig.Read("data.csv"));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(9)]
    public async Task Columns_that_appear_later_go_to_the_end_and_earlier_rows_are_filled(int batchSize)
    {
        await Rig.RunAsync(["""{"a":"1\r\n\"2"}""", """{"b":2,"a":1}""", """{"a":3}""", """{"c":{"d":4}}""", """{"a":5,"c":{"d":6}}"""], batchSize: batchSize, ct: TestContext.Current.CancellationToken);
        Assert.Equal("a,b,c.d\r\n\"1\r\n\"\"2\",,\r\n1,2,\r\n3,,\r\n,,4\r\n5,,6\r\n", Rig.Read("data.csv"));
    }

    [Fact]
    public async Task Columns_that_appear_after_megabytes_still_reach_every_row()
    {
        var text = new string('"', 50_000).Replace("\"", "\\\"\\r\\n,", StringComparison.Ordinal);
        string[] records = [.. Enumerable.Range(0, 12).Select(i => $$"""{"i":{{i}},"t":"{{text}}"}"""), """{"late":1}"""];
        await Rig.RunAsync(records, batchSize: 1, ct: TestContext.Current.CancellationToken);
        var rows = CsvText.Parse(Rig.Read("data.csv"));
        Assert.Equal(["i", "t", "late"], rows[0]);
        Assert.All(rows[1..13].Index(), r => Assert.Equal([$"{r.Index}", text.Replace("\\\"", "\"", StringComparison.Ordinal).Replace("\\r\\n", "\r\n", StringComparison.Ordinal), null], r.Item));
        Assert.Equal([null, null, "1"], rows[13]);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(9)]
    public async Task Null_of_a_lone_column_is_a_blank_line_and_an_empty_string_is_not(int batchSize)
    {
        await Rig.RunAsync(["""{"a":null}""", """{"a":""}""", """{}"""], batchSize: batchSize, ct: TestContext.Current.CancellationToken);
        Assert.Equal("a\r\n\r\n\"\"\r\n\r\n", Rig.Read("data.csv"));
    }

    [Fact]
    public async Task Records_without_any_field_are_blank_lines()
    {
        await Rig.RunAsync(["{}", "{}"], batchSize: 1, ct: TestContext.Current.CancellationToken);
        Assert.Equal("\r\n\r\n\r\n", Rig.Read("data.csv"));
    }

    [Fact]
    public async Task Columns_after_records_without_any_field_reach_their_rows()
    {
        await Rig.RunAsync(["{}", """{"a":1,"b":2}"""], batchSize: 1, ct: TestContext.Current.CancellationToken);
        Assert.Equal("a,b\r\n,\r\n1,2\r\n", Rig.Read("data.csv"));
    }

    [Fact]
    public async Task Job_without_records_has_an_empty_file()
    {
        await Rig.RunAsync([], ct: TestContext.Current.CancellationToken);
        Assert.Equal("", Rig.Read("data.csv"));
    }

    [Fact]
    public async Task Names_that_are_data_end_the_export_with_a_word_on_what_to_do()
    {
        var record = new StringBuilder("{");
        for (var i = 0; i <= RecordColumns.MostColumns; i++) record.Append(i == 0 ? "" : ",").Append(CultureInfo.InvariantCulture, $"\"k{i}\":{i}");
        var failure = await Assert.ThrowsAsync<SyncFailureException>(() => Rig.RunAsync([record.Append('}').ToString()], ct: TestContext.Current.CancellationToken));
        Assert.Equal(("errors.export.too_many_columns", FailureKind.Permanent), (failure.Failure.MessageKey, failure.Failure.Kind));
        Assert.Empty(Rig.Names());
    }

    [Fact]
    public async Task Nesting_deeper_than_any_default_is_flattened()
    {
        const int depth = 300;
        var record = string.Concat(Enumerable.Repeat("{\"a\":", depth)) + "1" + new string('}', depth);
        await Rig.RunAsync([record], ct: TestContext.Current.CancellationToken);
        Assert.Equal(string.Join('.', Enumerable.Repeat("a", depth)) + "\r\n1\r\n", Rig.Read("data.csv"));
    }
}
