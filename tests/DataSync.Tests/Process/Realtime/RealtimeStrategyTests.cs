using System.IO.Pipelines;
using System.Text;
using System.Text.Json;
using DataSync.Pipeline;
using DataSync.Pipeline.Failures;
using DataSync.Process.Realtime;
using Microsoft.Extensions.Time.Testing;

namespace DataSync.Tests.Process.Realtime;

public sealed class RealtimeStrategyTests : IDisposable
{
    private readonly RealtimeRig _rig = new() { Records = [.. Enumerable.Range(0, 500).Select(i => $"{{\"id\":{i}}}")] };

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public void Dispose() => _rig.Dispose();

    [Fact]
    public async Task Run_refined_and_refused_records_come_with_their_originals_and_reasons()
    {
        _rig.Plan = _rig.Plan with
        {
            RefinementConfig = JsonElement.Parse("""
                {"business_rules":[{"id":"odd","when":{"==":[{"%":[{"var":"id"},2]},1]},"then":[{"reject":{"code":"ODD","message":"no"}}]},
                                   {"id":"five","when":{"==":[{"var":"id"},4]},"then":[{"set":{"id":5}},{"tag":"t"}]}]}
                """),
        };
        List<string> refused = [];
        var (answer, _) = await _rig.RunAsync(Ct, last: async (context, ct) =>
        {
            await foreach (var batch in context.Records(ct))
            {
                using (batch)
                {
                    for (var i = 0; i < batch.Count; i++)
                    {
                        if (batch.TryGetRejection(i, out var why)) refused.Add($"{batch.SeqOf(i)} {why.RuleId} {why.Code} {Encoding.UTF8.GetString(batch.Raw[i])}");
                    }
                }
            }
        });
        Assert.Equal(Enumerable.Range(0, 250).Select(i => $"{(2 * i) + 1} odd ODD {{\"id\":{(2 * i) + 1}}}"), refused);
        var records = JsonElement.Parse(answer).EnumerateArray().ToList();
        Assert.Equal(250, records.Count);
        Assert.Equal("""{"id":5,"_original":{"id":4},"_metadata":{"tags":["t"]}}""", records[2].GetRawText());
        Assert.Equal("""{"id":6,"_original":null,"_metadata":null}""", records[3].GetRawText());
        Assert.Equal((250, 250), (_rig.Progress.Processed, _rig.Progress.Rejected));
        Assert.Equal(0, _rig.Memory.Held);
    }

    [Fact]
    public async Task Run_whose_source_fails_in_the_middle_gives_its_memory_back()
    {
        _rig.SourceFails = new SyncFailureException(SyncFailure.Transient("errors.connection.lost"));
        await Assert.ThrowsAsync<SyncFailureException>(() => _rig.RunAsync(Ct));
        Assert.Equal(0, _rig.Memory.Held);
    }

    [Fact]
    public async Task Run_cancelled_in_the_middle_gives_its_memory_back()
    {
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        _rig.BeforeBatch = first => first < 200 ? Task.CompletedTask : cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _rig.RunAsync(cancel.Token));
        Assert.Equal(0, _rig.Memory.Held);
    }

    [Fact]
    public async Task Run_to_files_writes_them_and_gives_its_memory_back()
    {
        _rig.Plan = _rig.Plan with { Export = new ExportPlan { PageSize = 300 } };
        var (answer, outcome) = await _rig.RunAsync(Ct);
        Assert.Empty(answer);
        Assert.Equal(["data-00001.json", "data-00002.json", "SHA256SUMS", "manifest.json"], outcome.Exports.Select(f => f.Name));
        Assert.Equal(500, outcome.Exports.Sum(f => f.Records));
        Assert.Equal(0, _rig.Memory.Held);
    }

    [Fact]
    public async Task Run_that_another_process_would_take_up_is_refused()
    {
        var run = _rig.NewRun("acme", PipeWriter.Create(Stream.Null)) with { Inline = null };
        var refused = await Assert.ThrowsAsync<SyncFailureException>(async () =>
        {
            await foreach (var _ in ((IProcessingStrategy)_rig.Strategy).AdmitAsync(run, _rig.ReadAsync(run, Ct), Ct)) { }
        });
        Assert.Equal("errors.job.realtime_lost", refused.Failure.MessageKey);
    }

    [Fact]
    public async Task Room_that_others_take_is_refused_for_the_moment_and_free_after_them()
    {
        using var rig = new RealtimeRig(limitBytes: 1 << 20, share: 60);
        rig.Records = [.. Enumerable.Repeat($"{{\"x\":\"{new string('x', 1000)}\"}}", 120)];
        rig.BatchSize = 10;
        string? busy = null;
        string? shared = null;
        await rig.RunAsync(Ct, "a", async (_, ct) =>
        {
            using var other = await rig.Memory.OpenAsync("a", Ct);
            shared = Assert.Throws<SyncFailureException>(() => other.Take((600 << 10) - rig.Memory.Held + 40_000)).Failure.MessageKey;
            using var stranger = await rig.Memory.OpenAsync("b", Ct);
            var full = Assert.Throws<SyncFailureException>(() => stranger.Take((1 << 20) / 100 * 60 - 1 + 0)).Failure;
            busy = full.MessageKey;
            Assert.NotNull(full.RetryAfter);
            await Task.CompletedTask;
        });
        Assert.Equal(("errors.realtime.memory_busy", "errors.realtime.memory_busy"), (shared, busy));
        await rig.RunAsync(Ct, "b");
    }

    [Fact]
    public async Task Result_that_nobody_lets_go_of_expires()
    {
        var time = new FakeTimeProvider();
        using var rig = new RealtimeRig(time: time);
        var held = new HeldRecords(await rig.Memory.OpenAsync("acme", Ct), 1000, TimeSpan.FromSeconds(60), time);
        using var buffer = new RecordBuffer();
        buffer.Add("{}"u8);
        held.AddOriginals(new RecordBatch(0, buffer));
        Assert.NotEqual(0, rig.Memory.Held);
        time.Advance(TimeSpan.FromSeconds(61));
        Assert.Equal(0, rig.Memory.Held);
        Assert.Equal("errors.realtime.expired", Assert.Throws<SyncFailureException>(() => held.Read().ToList()).Failure.MessageKey);
    }

    [Fact]
    public async Task Slabs_that_come_back_hold_nothing_and_are_used_again()
    {
        using var pool = new SlabPool(TimeProvider.System);
        var slab = pool.Rent();
        "payload"u8.CopyTo(slab);
        pool.Return(slab);
        var again = pool.Rent();
        Assert.Same(slab, again);
        Assert.Equal(-1, again.AsSpan().IndexOfAnyExcept((byte)0));
        await Task.CompletedTask;
    }
}
