using System.Text.Json;
using DataSync.Pipeline;

namespace DataSync.Tests.Export.Json;

public class JsonExporterTests() : RecordExporterContract("json")
{
    private static readonly string[] Records = [.. Enumerable.Range(0, 20).Select(i => $$"""{"id":{{i}}}""")];

    protected override long CountRecords(string content) => JsonElement.Parse(content, new JsonDocumentOptions { MaxDepth = 10_000 }).GetProperty("data").GetArrayLength();

    [Fact]
    public async Task Metadata_says_where_a_page_stands()
    {
        Rig.Plan = Rig.Plan with { Export = new ExportPlan { PageSize = 15 } };
        await Rig.RunAsync(Records, ct: TestContext.Current.CancellationToken);
        Assert.Equal(["SHA256SUMS", "data-00001.json", "data-00002.json", "manifest.json"], Rig.Names());
        var expected = """{"job_id":"019f0000-0000-7000-8000-000000000001","source_id":"orders \"db\"","created_at":"2026-01-01T19:04:05Z","page":PAGE,"page_size":15,"records":COUNT,"has_more":MORE}""";
        Assert.Equal(expected.Replace("PAGE", "1").Replace("COUNT", "15").Replace("MORE", "true"), Metadata("data-00001.json"));
        Assert.Equal(expected.Replace("PAGE", "2").Replace("COUNT", "5").Replace("MORE", "false"), Metadata("data-00002.json"));
    }

    [Fact]
    public async Task Last_page_that_is_full_has_no_more()
    {
        await Rig.RunAsync(Records, ct: TestContext.Current.CancellationToken);
        Assert.Equal(["SHA256SUMS", "data-00001.json", "data-00002.json", "manifest.json"], Rig.Names());
        Assert.EndsWith("\"records\":10,\"has_more\":false}", Metadata("data-00002.json"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Page_larger_than_the_buffer_is_rewritten_whole()
    {
        string[] large = [.. Enumerable.Range(0, 9).Select(i => $$"""{"id":{{i}},"text":"{{new string((char)('a' + i), 200_000)}}"}""")];
        await Rig.RunAsync(large, batchSize: 1, ct: TestContext.Current.CancellationToken);
        var page = JsonElement.Parse(Rig.Read("data-00001.json"));
        Assert.Equal(9, page.GetProperty("metadata").GetProperty("records").GetInt32());
        Assert.Equal(large, page.GetProperty("data").EnumerateArray().Select(r => r.GetRawText()));
    }

    [Fact]
    public async Task Metadata_can_be_left_out()
    {
        Rig.Plan = Rig.Plan with { Export = new ExportPlan { IncludeMetadata = false } };
        await Rig.RunAsync(["""{"a":1}"""], ct: TestContext.Current.CancellationToken);
        Assert.Equal("{\"data\":[\n{\"a\":1}\n]}\n", Rig.Read("data-00001.json"));
    }

    [Fact]
    public async Task Job_without_records_has_one_empty_page()
    {
        await Rig.RunAsync([], ct: TestContext.Current.CancellationToken);
        Assert.Equal(0, CountRecords(Rig.Read("data-00001.json")));
        Assert.EndsWith("\"page\":1,\"page_size\":10,\"records\":0,\"has_more\":false}", Metadata("data-00001.json"), StringComparison.Ordinal);
    }

    private string Metadata(string page) => JsonElement.Parse(Rig.Read(page)).GetProperty("metadata").GetRawText();
}
