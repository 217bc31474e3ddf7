using DataSync.Platform.Audit;
using DataSync.Platform.Audit.Chain;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace DataSync.Tests.Platform.Audit;

public sealed class AuditAnchorsTests : IDisposable
{
    private readonly string _folder = Path.Combine(Path.GetTempPath(), "datasync-anchors-" + Guid.NewGuid().ToString("N"));
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 5, 4, 23, 59, 0, TimeSpan.Zero));

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_head_of_each_tenant_is_read_back_from_all_files()
    {
        var anchors = Anchors(_folder);
        await anchors.WriteAsync([Head("a", 5, 1), Head("租户\"\n", 2, 2)], Ct);
        _time.Advance(TimeSpan.FromMinutes(2));
        await anchors.WriteAsync([Head("a", 9, 3)], Ct);
        await anchors.WriteAsync([], Ct);
        Assert.Equal(2, Directory.GetFiles(_folder).Length);
        var known = await anchors.MeasureAsync(Ct);
        Assert.Equal([("a", 9L, 2), ("租户\"\n", 2L, 1)], known.OrderBy(t => t.Key, StringComparer.Ordinal).Select(t => (t.Key, t.Value.Furthest, t.Value.Heads)));

        // Of those asked for, up to where they reached when they were measured.
        await anchors.WriteAsync([Head("a", 10, 4), Head("b", 1, 5)], Ct);
        var read = await anchors.OfAsync(new Dictionary<string, long>(StringComparer.Ordinal) { ["a"] = 9, ["none"] = 1 }, Ct);
        Assert.Equal([("a", 5L, (byte)1), ("a", 9L, (byte)3)], read.SelectMany(t => t.Value).Select(h => (h.TenantId, h.Sequence, h.Hash[0])));
    }

    [Fact]
    public async Task Torn_line_of_a_process_that_died_hides_none_of_the_others()
    {
        var anchors = Anchors(_folder);
        await anchors.WriteAsync([Head("a", 5, 1)], Ct);
        await File.AppendAllTextAsync(Directory.GetFiles(_folder).Single(), """{"time":"2026-05-04T00:00:00Z","tenant":"b","seq""", Ct);
        await anchors.WriteAsync([Head("c", 1, 1)], Ct);
        Assert.Equal(["a", "c"], (await anchors.MeasureAsync(Ct)).Keys.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Without_a_folder_nothing_is_written_and_nothing_is_known()
    {
        var anchors = Anchors(null);
        await anchors.WriteAsync([Head("a", 5, 1)], Ct);
        Assert.Empty(await anchors.MeasureAsync(Ct));
        Assert.Empty(await Anchors(_folder).MeasureAsync(Ct));
    }

    public void Dispose()
    {
        if (Directory.Exists(_folder)) Directory.Delete(_folder, recursive: true);
    }

    private static AuditHead Head(string tenant, long sequence, byte first) => new(tenant, sequence, [first, .. new byte[31]]);

    private AuditAnchors Anchors(string? folder) => new(new AuditOptions { Anchors = folder }, _time, NullLogger<AuditAnchors>.Instance);
}
