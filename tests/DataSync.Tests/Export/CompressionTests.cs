using System.Text.Json;
using DataSync.Pipeline;

namespace DataSync.Tests.Export;

public sealed class CompressionTests : IDisposable
{
    private static readonly string[] Large = [.. Enumerable.Range(0, 2000).Select(i => $$"""{"id":{{i}},"name":"the same words again and again"}""")];

    private readonly ExportRig _rig = new();

    public void Dispose() => _rig.Dispose();

    [Theory]
    [InlineData("gzip", "data.jsonl.gz", "application/gzip")]
    [InlineData("zstd", "data.jsonl.zst", "application/zstd")]
    public async Task Compressed_file_is_listed_and_served_as_what_it_is(string compression, string name, string contentType)
    {
        _rig.Plan = new SyncPlan { OutputFormats = ["jsonl"], Export = new ExportPlan { Compression = compression } };
        var outcome = await _rig.RunAsync(Large, batchSize: 100, ct: TestContext.Current.CancellationToken);
        Assert.Equal([(name, compression), ("SHA256SUMS", null), ("manifest.json", null)], outcome.Exports.Select(e => (e.Name, e.Compression)));
        await using var download = await _rig.Files.OpenAsync(ExportRig.Tenant, ExportRig.Job, name, TestContext.Current.CancellationToken);
        Assert.Equal(contentType, download!.ContentType);
    }

    [Theory]
    [InlineData("gzip"), InlineData("zstd")]
    public async Task File_that_would_not_get_smaller_goes_out_as_it_is(string compression)
    {
        _rig.Plan = new SyncPlan { OutputFormats = ["jsonl"], Export = new ExportPlan { Compression = compression } };
        await _rig.RunAsync(["1"], ct: TestContext.Current.CancellationToken);
        Assert.Equal(["SHA256SUMS", "data.jsonl", "manifest.json"], _rig.Names());
        Assert.Equal(JsonValueKind.Null, JsonElement.Parse(_rig.Read("manifest.json")).GetProperty("files")[0].GetProperty("compression").ValueKind);
    }

    [Theory]
    [InlineData("gzip"), InlineData("zstd")]
    public async Task Same_records_give_the_same_bytes_however_they_are_batched(string compression)
    {
        using var other = new ExportRig();
        _rig.Plan = other.Plan = new SyncPlan { OutputFormats = ["json", "jsonl", "csv"], Export = new ExportPlan { Compression = compression } };
        await _rig.RunAsync(Large, batchSize: 7, ct: TestContext.Current.CancellationToken);
        await other.RunAsync(Large, batchSize: 1999, ct: TestContext.Current.CancellationToken);
        Assert.Equal(_rig.Contents(), other.Contents());
    }

    [Fact]
    public async Task Export_that_runs_again_without_compression_leaves_no_compressed_file()
    {
        _rig.Plan = new SyncPlan { OutputFormats = ["jsonl"], Export = new ExportPlan { Compression = "gzip" } };
        await _rig.RunAsync(Large, batchSize: 100, ct: TestContext.Current.CancellationToken);
        _rig.Plan = new SyncPlan { OutputFormats = ["jsonl"] };
        await _rig.RunAsync(Large, batchSize: 100, ct: TestContext.Current.CancellationToken);
        Assert.Equal(["SHA256SUMS", "data.jsonl", "manifest.json"], _rig.Names());
    }
}
