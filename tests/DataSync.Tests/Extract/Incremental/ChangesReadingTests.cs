using System.Text;
using System.Text.Json;
using DataSync.Extract.Read;
using DataSync.Pipeline;
using DataSync.Pipeline.Connectors;
using DataSync.Pipeline.Failures;
using DataSync.Pipeline.Incremental;
using DataSync.Platform.Http.Security;
using DataSync.Platform.Resilience;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace DataSync.Tests.Extract.Incremental;

/// <summary>How an incremental sync goes over a connector that can follow changes.</summary>
public sealed class ChangesReadingTests
{
    private const string Table = """{"table":"t"}""";
    private const string WithCursor = """{"table":"t","cursor_field":"version"}""";
    private readonly FollowedConnector _connector = new();
    private StoredState? _stored;
    private GapReport? _gap;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Sync_delivers_everything_then_each_change_once_in_order()
    {
        _connector.Changes.AddRange(["1", "2"]);
        var (records, report) = await SyncAsync(Table);
        Assert.Equal(["1", "2"], records);
        Assert.Equal((TrackingMethods.Log, true, null, "00000002", 7L), (report.Method, report.Everything, report.Reason?.Key, report.Position, report.LagBytes));

        _connector.Changes.AddRange(["3", "4", "5"]);
        (records, report) = await SyncAsync(Table);
        Assert.Equal(["3", "4", "5"], records);
        Assert.False(report.Everything);
        Assert.Empty((await SyncAsync(Table)).Records);
        Assert.Equal("changes", _stored!.Data.GetProperty("kind").GetString());
    }

    [Fact]
    public async Task Sync_goes_on_behind_the_last_batch_with_the_plan_it_had()
    {
        _connector.Changes.AddRange(["1", "2", "3", "4", "5"]); // more than is read ahead: the first attempt does not come to the end
        (_, _, var first) = await AttemptAsync(Table, failing: 2);
        Assert.Null(first.State.Move);
        var resume = first.Checkpoint;
        _connector.Asked.Clear();
        _connector.Changes.Add("6");
        var (records, _, second) = await AttemptAsync(Table, checkpoint: resume);
        Assert.Equal(["3", "4", "5", "6"], records); // everything is until its end
        Assert.Equal(["changes from 2"], _connector.Asked);
        Assert.NotNull(second.State.Move);
    }

    [Fact]
    public async Task Sync_that_fails_for_a_moment_repeats_nothing()
    {
        _connector.Changes.AddRange(["1", "2", "3"]);
        _connector.FailsAfter = 2;
        Assert.Equal(["1", "2", "3"], (await SyncAsync(Table)).Records);
    }

    [Fact]
    public async Task Sync_that_fails_for_a_moment_goes_on_where_it_had_come_to_without_a_record()
    {
        await SyncAsync(Table);
        _connector.Changes.AddRange(["", "", "3", ""]);
        _connector.FailsAfter = 2;
        var (records, failure, run) = await AttemptAsync(Table);
        Assert.Null(failure);
        Assert.Equal(["3"], records);
        Assert.Equal(["changes from 0", "changes from 2"], _connector.Asked.Where(a => a.StartsWith("changes", StringComparison.Ordinal)).Skip(1));
        Assert.NotNull(run.State.Move);
    }

    [Fact]
    public async Task Sync_whose_position_is_lost_reads_everything_and_says_why()
    {
        _connector.Changes.Add("1");
        await SyncAsync(Table);
        _connector.Lost = 100;
        var (records, report) = await SyncAsync(Table);
        Assert.Equal(["1"], records);
        Assert.Equal((true, "tracking.lost"), (report.Everything, report.Reason?.Key));
    }

    [Theory]
    [InlineData("warn"), InlineData("full")]
    public async Task Sync_after_which_the_position_is_lost_tells_of_a_gap_and_repairs_it_where_it_is_to(string onGap)
    {
        var table = "{\"table\":\"t\",\"gap_check\":{\"on_gap\":\"" + onGap + "\"}}";
        _connector.Changes.AddRange(["1", "2"]);
        await SyncAsync(table);
        Assert.Null(_gap);
        _connector.Changes.Add("3");
        await SyncAsync(table);
        Assert.Equal(new GapReport(true, 0, false, GapBasis.Log), _gap);

        _connector.LosesWhatFollows = true;
        _connector.Changes.Add("4");
        var (records, report) = await SyncAsync(table);
        Assert.Equal((true, 1L, onGap == "full", GapBasis.Log), (_gap!.Checked, _gap.Missing, _gap.Repaired, _gap.Against));
        Assert.NotNull(_gap.Reason);
        Assert.Equal(onGap == "full" ? ["4", "1", "2", "3", "4"] : ["4"], records);
        Assert.Equal(onGap == "full", report.Everything);
        if (onGap == "full") Assert.Equal("tracking.lost", report.Reason?.Key);
        else Assert.True((await SyncAsync(table)).Report.Everything);
    }

    [Fact]
    public async Task Sync_on_whose_way_changes_were_lost_tells_of_a_gap_and_the_next_reads_everything_and_says_why()
    {
        _connector.Changes.AddRange(["1", "2"]);
        await SyncAsync(Table);
        _connector.LosesOnTheWay = true;
        _connector.Changes.Add("3");
        Assert.Equal(["3"], (await SyncAsync(Table)).Records);
        Assert.Equal((true, "tracking.hole"), (_gap!.Detected, _gap.Reason?.Key));
        var (records, report) = await SyncAsync(Table);
        Assert.Equal(["1", "2", "3"], records);
        Assert.Equal((true, "tracking.hole"), (report.Everything, report.Reason?.Key));
        Assert.Empty((await SyncAsync(Table)).Records);
        Assert.False(_gap!.Detected);
    }

    [Fact]
    public async Task Sync_by_a_connector_that_looked_for_nothing_says_nothing_of_a_check()
    {
        _connector.Looks = false;
        await SyncAsync(Table);
        _connector.Changes.Add("1");
        Assert.Single((await SyncAsync(Table)).Records);
        Assert.Null(_gap);
    }

    [Fact]
    public async Task Sync_that_cannot_follow_falls_back_to_the_cursor_and_says_what_is_missing()
    {
        _connector.Missing = TrackingReason.Of("tracking.missing", ("what", "all"));
        _connector.Changes.AddRange(["1", "2"]);
        var (records, report) = await SyncAsync(WithCursor);
        Assert.Equal(2, records.Count);
        Assert.Equal((TrackingMethods.Cursor, false, "tracking.missing"), (report.Method, report.Everything, report.Reason?.Key));
        Assert.Equal("cursor", _stored!.Data.GetProperty("kind").GetString());
    }

    [Fact]
    public async Task Sync_that_can_do_neither_names_what_is_missing()
    {
        _connector.Missing = TrackingReason.Of("tracking.missing");
        var failure = await Assert.ThrowsAsync<SyncFailureException>(() => SyncAsync(Table));
        Assert.Equal("errors.extraction.not_tracked", failure.Failure.MessageKey);
        Assert.Equal("tracking.missing", failure.Failure.Params!["reason"]);
    }

    [Fact]
    public async Task Sync_with_change_tracking_none_asks_for_no_offer_and_needs_a_cursor()
    {
        _connector.Changes.Add("1");
        var (_, report) = await SyncAsync("""{"table":"t","cursor_field":"version","change_tracking":"none"}""");
        Assert.Equal((TrackingMethods.Cursor, "tracking.off"), (report.Method, report.Reason?.Key));
        Assert.Equal(["cursor"], _connector.Asked.Distinct());
        _stored = null;
        var failure = await Assert.ThrowsAsync<SyncFailureException>(() => SyncAsync("""{"table":"t","change_tracking":"none"}"""));
        Assert.Contains(failure.Faults, f => f.MessageKey == "faults.incremental.cursor_field");
    }

    [Fact]
    public async Task Sync_by_another_method_than_before_reads_everything_once_and_gives_back_what_it_left()
    {
        _connector.Missing = TrackingReason.Of("tracking.missing");
        _connector.Changes.AddRange(["1", "2"]);
        await SyncAsync(WithCursor);
        _connector.Missing = null;
        var (records, report) = await SyncAsync(WithCursor);
        Assert.Equal(["1", "2"], records);
        Assert.Equal((TrackingMethods.Log, true, "tracking.method_changed"), (report.Method, report.Everything, report.Reason?.Key));

        _connector.Missing = TrackingReason.Of("tracking.missing");
        _connector.Asked.Clear();
        (records, report) = await SyncAsync(WithCursor);
        Assert.Equal(2, records.Count);
        Assert.Equal((TrackingMethods.Cursor, true), (report.Method, report.Everything));
        Assert.Contains("release 2", _connector.Asked);
        Assert.False((await SyncAsync(WithCursor)).Report.Everything);
    }

    [Fact]
    public async Task Sync_refuses_a_state_of_another_table()
    {
        _connector.Changes.Add("1");
        await SyncAsync(Table);
        var failure = await Assert.ThrowsAsync<SyncFailureException>(() => SyncAsync("""{"table":"other"}"""));
        Assert.Equal("errors.extraction.state_foreign", failure.Failure.MessageKey);
    }

    private async Task<(List<string> Records, TrackingReport Report)> SyncAsync(string extraction)
    {
        var (records, failure, run) = await AttemptAsync(extraction);
        if (failure is not null) throw failure;
        var move = run.State.Move!;
        _gap = move.Gap;
        _stored = new StoredState(Guid.NewGuid(), JsonElement.Parse(move.Data.GetRawText()));
        return (records, move.Tracking!);
    }

    /// <summary>One attempt as a worker makes it, stopped after so many batches where <paramref name="failing"/> says so.</summary>
    private async Task<(List<string> Records, SyncFailureException? Failure, SyncRun Run)> AttemptAsync(string extraction, Checkpoint? checkpoint = null, int? failing = null)
    {
        var run = Run(extraction, checkpoint ?? new Checkpoint());
        List<string> records = [];
        var retry = new TransientRetry(Options.Create(new RetryOptions { MaxAttempts = 2, InitialDelaySeconds = 0.001, MaxDelaySeconds = 0.002 }), TimeProvider.System);
        var source = new ReadRecordSource([_connector], retry, new DerivedKeys([new byte[32]]), static (_, _) => throw new NotSupportedException("Changes are compared by positions."), static (_, _, _) => Task.FromResult(false), TimeProvider.System, NullLogger<ReadRecordSource>.Instance);
        try
        {
            await foreach (var batch in source.ReadAsync(run, Ct))
            {
                using (batch)
                {
                    for (var i = 0; i < batch.Count; i++) if (batch.IsKept(i)) records.Add(Encoding.UTF8.GetString(batch.Raw[i]));
                    run = run with { Checkpoint = run.Checkpoint with { NextSeq = batch.FirstSeq + batch.Count, Resume = JsonElement.Parse(batch.ResumeToken.Span) } };
                }

                if (--failing == 0) return (records, null, run);
            }
        }
        catch (SyncFailureException e)
        {
            return (records, e, run);
        }

        return (records, null, run);
    }

    private SyncRun Run(string extraction, Checkpoint checkpoint) => new()
    {
        TenantId = "t",
        JobId = Guid.Empty,
        SourceId = "s",
        SourceType = "read",
        CorrelationId = "trace",
        Language = "en-US",
        CreatedAt = DateTimeOffset.UnixEpoch,
        Fence = 1,
        Plan = new SyncPlan { Mode = SyncModes.Realtime, SyncType = "incremental", ExtractionParams = JsonElement.Parse(extraction) },
        Checkpoint = checkpoint,
        State = new SourceState(_ => ValueTask.FromResult(_stored)),
        OpenSource = _ => ValueTask.FromResult(new SourceConnection(_connector.Driver, default)),
        Advance = (_, _, _) => throw new NotSupportedException("Reading moves no checkpoint."),
        RegisterWriter = (_, _) => throw new NotSupportedException("Reading writes nothing."),
    };
}
