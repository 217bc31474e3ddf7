using System.Text;
using System.Text.Json;
using DataSync.Export;
using DataSync.Pipeline;

namespace DataSync.Tests.Export;

/// <summary>Formats that can be read back give the records that were written, wherever a file is cut into pieces on its way.</summary>
public sealed class ReadBackTests : IDisposable
{
    private static readonly string[] Records =
    [
        """{"id":1,"text":"]},{\"data\":[\\","list":[[1],{"c":"\\\\"}]}""", """{"data":[1,2],"metadata":{"data":[3]}}""", "{}", """{ "spaced" : [ ] }""", $$"""{"long":"{{new string('x', 70_000)}}"}""",
        .. Enumerable.Range(0, 30).Select(i => $$"""{"id":{{i}},"name":"名字"}"""),
    ];

    private readonly ExportRig _rig = new();

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public void Dispose() => _rig.Dispose();

    [Theory]
    [InlineData("jsonl", 1)]
    [InlineData("jsonl", 1000)]
    [InlineData("json", 1)]
    [InlineData("json", 1000)]
    public async Task Records_come_back_byte_for_byte(string format, int piece)
    {
        await WriteAsync(format, Records);
        Assert.Equal(Records, await ReadAsync(format, piece));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(1000)]
    public async Task Rows_come_back_as_the_texts_they_are(int piece)
    {
        await WriteAsync(
            "csv",
            ["""{"id":1,"text":"a,\"b\"\r\nc","empty":"","none":null,"list":[1,"x"],"who":{"mail":"q"},"phone":"+49 1"}""", """{"id":2,"late":"'tis"}""", """{"text":"{no json"}"""],
            new Dictionary<string, JsonElement>(StringComparer.Ordinal) { ["csv"] = JsonElement.Parse("""{"formula_guard":true}""") });
        Assert.Equal(
            ["""{"id":"1","text":"a,\"b\"\r\nc","empty":"","list":[1,"x"],"who.mail":"q","phone":"+49 1"}""", """{"id":"2","late":"'tis"}""", """{"text":"{no json"}"""], await ReadAsync("csv", piece));
    }

    [Theory]
    [InlineData("jsonl")]
    [InlineData("json")]
    [InlineData("csv")]
    public async Task Part_of_a_file_is_told_from_the_whole(string format)
    {
        await WriteAsync(format, [.. Enumerable.Range(0, 5).Select(i => $$"""{"id":{{i}}}""")]);
        var path = Path.Combine(_rig.Folder, _rig.DataName());
        await File.WriteAllBytesAsync(path, (await File.ReadAllBytesAsync(path, Ct))[..^2], Ct);
        await Assert.ThrowsAsync<InvalidDataException>(() => ReadAsync(format, 1000));
    }

    [Fact]
    public async Task Json_that_is_no_page_is_not_taken_for_one_without_records()
    {
        using var other = new MemoryStream("""{"images":[{"file_name":"anna.png"}],"text":"\"data\":["}"""u8.ToArray());
        await Assert.ThrowsAsync<InvalidDataException>(() => ReadAsync(ExporterOf("json"), other));
    }

    private Task WriteAsync(string format, IReadOnlyList<string> records, Dictionary<string, JsonElement>? options = null)
    {
        _rig.Plan = new SyncPlan { OutputFormats = [format], Export = new ExportPlan { PageSize = 10, Options = options ?? new Dictionary<string, JsonElement>(StringComparer.Ordinal) } };
        return _rig.RunAsync(records, ct: Ct);
    }

    private async Task<List<string>> ReadAsync(string format, int piece)
    {
        List<string> records = [];
        foreach (var name in _rig.Names().Where(n => n.StartsWith("data", StringComparison.Ordinal)))
        {
            await using var file = new Pieces(await File.ReadAllBytesAsync(Path.Combine(_rig.Folder, name), Ct), piece);
            records.AddRange(await ReadAsync(ExporterOf(format), file));
        }

        return records;
    }

    private static async Task<List<string>> ReadAsync(IExporter exporter, Stream file)
    {
        List<string> records = [];
        await foreach (var record in exporter.ReadAsync(file, Ct)) records.Add(Encoding.UTF8.GetString(record.Span));
        return records;
    }

    private static IExporter ExporterOf(string format) => ExportRig.Exporters.Single(e => e.Format == format && e.IsReadable);

    /// <summary>A file of which no more than so many bytes come at once.</summary>
    private sealed class Pieces(byte[] bytes, int piece) : MemoryStream(bytes)
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => base.ReadAsync(buffer[..Math.Min(buffer.Length, piece)], cancellationToken);
    }
}
