using System.Globalization;
using DataSync.Export.Parquet;
using DataSync.Pipeline;
using DataSync.Pipeline.Privacy;

namespace DataSync.Tests.Export.Parquet;

/// <summary>Whether somebody stands in a Parquet file is told from the file itself.</summary>
public sealed class ParquetSearchTests : IDisposable
{
    private const int Rows = 2500;
    private readonly ExportRig _rig = new();

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public void Dispose() => _rig.Dispose();

    [Theory]
    [InlineData("none")]
    [InlineData("gzip")]
    [InlineData("zstd")]
    public async Task Text_is_found_wherever_it_stands_and_nothing_else_is(string compression)
    {
        _rig.Plan = new SyncPlan { OutputFormats = ["parquet"], Export = new ExportPlan { Compression = compression } };
        await _rig.RunAsync([.. Enumerable.Range(0, Rows).Select(Record)], batchSize: 500, ct: Ct);
        foreach (var there in (string[])["anna-1234@example.com", "kind-3@example.com", "in \"a list\" 777", "zoë-1500@example.com", "somebody's own column"])
            Assert.True(await HoldsAsync(there), there);
        foreach (var absent in (string[])["anna-2500@example.com", "kind-5@example.com", "in \"a list\" 2501", "nobody"]) Assert.False(await HoldsAsync(absent), absent);
        Assert.True(await HoldsAsync("123456"), "a number may be bits of a column");
    }

    [Fact]
    public async Task File_that_is_none_of_ours_counts_as_holding_anybody()
    {
        foreach (var bytes in (byte[][])[[], "PAR"u8.ToArray(), [.. "PAR1"u8, .. new byte[200]], [.. "PAR1"u8, 0x15, 0, 0x15, 40, 0x15, 40, 0x2C, 0, 0]])
        {
            using var stream = new MemoryStream(bytes);
            Assert.True(await ParquetSearch.HoldsAsync(stream, new WrittenText("anna"), ExportRig.Compressions, Ct));
        }
    }

    private static string Record(int i) => string.Create(
        CultureInfo.InvariantCulture,
        $$"""{"id":{{i}},"email":"anna-{{i}}@example.com","kind":"kind-{{i % 5}}@example.com","list":["in \"a list\" {{i}}"],"name":"zo\u00eb-{{i}}@example.com","somebody's own column":{{(i == 9 ? "1" : "null")}}}""");

    private async Task<bool> HoldsAsync(string text)
    {
        await using var file = File.OpenRead(Path.Combine(_rig.Folder, "data.parquet"));
        return await new ParquetExporter(ExportRig.Compressions).HoldsAsync(file, new WrittenText(text), Ct);
    }
}
