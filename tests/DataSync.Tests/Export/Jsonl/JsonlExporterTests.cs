namespace DataSync.Tests.Export.Jsonl;

public class JsonlExporterTests() : RecordExporterContract("jsonl")
{
    protected override long CountRecords(string content) => content.Count(c => c == '\n');

    [Fact]
    public async Task Documents_are_copied_byte_for_byte()
    {
        string[] records = ["""{ "b" : "\u00e9\ud83d\ude00\ud800\u0000\/" , "a":[1, 2] }""", "[]", "3", "null"];
        await Rig.RunAsync(records, ct: TestContext.Current.CancellationToken);
        Assert.Equal(string.Concat(records.Select(r => r + "\n")), Rig.Read("data.jsonl"));
    }

    [Fact]
    public async Task Line_breaks_between_tokens_are_left_out()
    {
        await Rig.RunAsync(["{\r\n  \"a\": 1,\n\"b\":\r[\n2]}\n"], ct: TestContext.Current.CancellationToken);
        Assert.Equal("{  \"a\": 1,\"b\":[2]}\n", Rig.Read("data.jsonl"));
    }
}
