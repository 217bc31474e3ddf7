using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Json;
using DataSync.Pipeline;
using DataSync.Pipeline.Connectors;
using DataSync.Pipeline.Failures;
using DataSync.Pipeline.Incremental;

namespace DataSync.Extract.Incremental.ChangeLog;

/// <summary>Follows a table by the change log that triggers write (ADR 18), for every connector that is an <see cref="IChangeLogSource"/>.</summary>
internal sealed class ChangeLogTracker(IChangeLogSource source, TimeProvider time)
{
    /// <summary>Rows of the log in one statement, for drivers that hold a whole result.</summary>
    private const int RowsAtOnce = 50_000;

    private const string PositionsClosed = "tracking.change_log.positions";

    /// <summary>Positions that are passed over rather than begun anew behind.</summary>
    private const int MostBetween = 1000;

    public Task<TrackingOffer> OfferAsync(SourceConnection connection, ReadRequest request, CancellationToken ct)
        => source.LookAsync(
            connection, request,
            async session =>
            {
                var table = await session.Dialect.FindAsync(session.Ask, request.Table!, ct);
                var missing = (await ChangeLogChecks.OfAsync(session, table, ct)).FirstOrDefault(c => !c.Passed);
                return new TrackingOffer(TrackingMethods.ChangeLog, missing is null, missing?.Reason);
            },
            ct);

    public Task<ChangePlan> PlanAsync(SourceConnection connection, ReadRequest request, JsonElement? last, CancellationToken ct)
        => source.LookAsync(
            connection, request,
            async session =>
            {
                var table = await session.Dialect.FindAsync(session.Ask, request.Table!, ct);
                var planner = new ChangeLogPlanner(session, table, time);
                var positions = new LoggedPositions(session, table);
                var (log, first, _) = await positions.BeginningAsync(ct);
                if (log is null || table.Key.Count == 0) throw new SyncFailureException(SyncFailure.Transient("errors.extraction.change_log_lost"));
                var state = last is { } stored ? ChangeLogState.Read(stored) : null;
                var reason = last is null ? null : await WhyEverythingAsync(session, table, state, ct) ?? await WhyDifferentAsync(session, table, state!, ct);
                if (last is not null && reason is null)
                {
                    var (ranges, count, next) = await planner.DecideAsync(state!, ct);
                    if (session.Dialect.RecordsTruncation && await positions.HasTruncatedAsync(ranges, ct)) reason = TrackingReason.Of("tracking.change_log.truncated");

                    // what was removed since the first look passed for places where a change was rolled back; what goes from here on is missed when it is read
                    reason ??= await WhyEverythingAsync(session, table, state, ct);
                    if (reason is null) return Plan(new ChangeLogExtent { LogName = table.LogName, Key = table.Key, Ranges = ranges, Count = count }, next);
                }

                var before = await planner.BeginAsync(state, log, first, ct);
                return Plan(new ChangeLogExtent { LogName = table.LogName, Key = table.Key, Before = before }, before) with { Everything = true, Reason = reason };
            },
            ct);

    public async IAsyncEnumerable<RecordBatch> ReadAsync(SourceConnection connection, ReadRequest request, ChangePlan plan, [EnumeratorCancellation] CancellationToken ct)
    {
        var extent = ChangeLogExtent.Read(plan.Extent);
        await foreach (var batch in plan.Everything ? RowsAsync(connection, request, extent, plan, ct) : ChangesAsync(connection, request, extent, plan, ct)) yield return batch;
    }

    public Task<TrackingSetup> SetupAsync(SourceConnection connection, ReadRequest request, JsonElement? last, CancellationToken ct)
        => source.LookAsync(
            connection, request,
            async session =>
            {
                var table = await session.Dialect.FindAsync(session.Ask, request.Table!, ct);
                var checks = await ChangeLogChecks.OfAsync(session, table, ct);
                var login = await session.Dialect.LoginAsync(session.Ask, ct);
                List<string> undo = [.. session.Dialect.Undo(table)];
                var isReady = checks.All(c => c.Passed);
                var added = isReady ? await session.Dialect.AddedSinceAsync(session.Ask, table, login, ct) : [];
                IReadOnlyList<string> setup = table.Unfit is not null ? [] : isReady ? added : [.. undo, .. session.Dialect.Setup(table, login)];
                if (added.Count > 0) checks = [.. checks, new TrackingCheck("positions", false, TrackingReason.Of(PositionsClosed), IsNeeded: false)];
                return new TrackingSetup(TrackingMethods.ChangeLog, setup, undo, checks)
                {
                    Purge = isReady && last is { } stored && ChangeLogState.Read(stored) is { } state ? await PurgeAsync(session, table, state, ct) : null,
                };
            },
            ct);

    /// <summary>Up to the last delivered change below the first that may yet appear: as long as it stands, nothing behind it is missing. Null for the state of another change log.</summary>
    private static async Task<string?> PurgeAsync(ChangeLogSession session, FollowedTable table, ChangeLogState state, CancellationToken ct)
    {
        if ((await new LoggedPositions(session, table).BeginningAsync(ct)).Log != state.Log) return null;
        var last = await new LoggedPositions(session, table).GreatestBelowAsync(state.FirstToCome, ct) ?? state.FirstToCome;
        return string.Create(
            CultureInfo.InvariantCulture,
            $"DELETE FROM {table.QuotedLog} WHERE {session.Dialect.Quote(ChangeLogNames.Operation)} <> '{ChangeLogNames.Start}' AND {session.Dialect.Quote(ChangeLogNames.Position)} < {last}");
    }

    private static ChangePlan Plan(ChangeLogExtent extent, ChangeLogState next) => new() { Extent = extent.ToJson(), Next = next.ToJson(), Position = next.Shown };

    /// <summary>Null where the changes behind the state are all there.</summary>
    private static async Task<TrackingReason?> WhyEverythingAsync(ChangeLogSession session, FollowedTable table, ChangeLogState? state, CancellationToken ct)
    {
        if (state is null) return TrackingReason.Of("tracking.change_log.state");
        var positions = new LoggedPositions(session, table);
        var (log, first, least) = await positions.BeginningAsync(ct);
        if (state.Log != log) return TrackingReason.Of("tracking.change_log.made_anew");
        if (await positions.IsWholeAsync(state, first, least, ct)) return null;

        // of a log that stands empty only the server can say that nothing was written since, and it may not be asked
        return least is null && state.Open.Count == 0 && (await session.Dialect.AddedSinceAsync(session.Ask, table, null, ct)).Count > 0
            ? TrackingReason.Of(PositionsClosed)
            : TrackingReason.Of("tracking.change_log.purged", ("position", state.Shown));
    }

    private static async Task<TrackingReason?> WhyDifferentAsync(ChangeLogSession session, FollowedTable table, ChangeLogState state, CancellationToken ct)
        => await session.Dialect.DifferenceAsync(session.Ask, table, state, ct) is { } found ? TrackingReason.Of("tracking.change_log.bypassed", ("rows", found.Rows), ("expected", found.Expected)) : null;

    /// <summary>No token: what another snapshot held of the rest would not go with what this one held.</summary>
    private async IAsyncEnumerable<RecordBatch> RowsAsync(SourceConnection connection, ReadRequest request, ChangeLogExtent extent, ChangePlan plan, [EnumeratorCancellation] CancellationToken ct)
    {
        if (!request.ResumeToken.IsEmpty) throw Connectors.ResumeToken.Lost(null);
        var records = new ChangeRecords(extent.Key);
        var next = extent.Before!;
        var position = next.Position;
        await foreach (var batch in source.ReadAsync(connection, request with { Window = null }, BesideAsync, ct)) yield return records.Rows(batch, batch.FirstSeq, position);
        (plan.Next, plan.Position) = ((next with { Rows = records.Grown }).ToJson(), next.Shown);

        async Task BesideAsync(ChangeLogSession session)
        {
            var table = await session.Dialect.FindAsync(session.Ask, request.Table!, ct);
            next = await new ChangeLogPlanner(session, table, time).SnapshotAsync(next, ct);
        }
    }

    private async IAsyncEnumerable<RecordBatch> ChangesAsync(SourceConnection connection, ReadRequest request, ChangeLogExtent extent, ChangePlan plan, [EnumeratorCancellation] CancellationToken ct)
    {
        var records = new ChangeRecords(extent.Key);
        var (seq, token) = (request.FirstSeq, ChangeLogToken.Read(request.ResumeToken.Span));
        foreach (var run in extent.Ranges.Above(token.After).Runs(MostBetween))
        {
            var (from, to, isMore) = (run[0].From, run[^1].To, true);
            while (isMore && from <= to)
            {
                var window = new CursorWindow { Field = ChangeLogNames.Position, From = JsonSerializer.SerializeToElement(from), To = JsonSerializer.SerializeToElement(to + 1) };
                var rows = 0;
                await foreach (var log in source.ReadAsync(connection, request with { Table = extent.LogName, Window = window, RowLimit = RowsAtOnce, ResumeToken = default, FirstSeq = 0 }, null, ct))
                {
                    rows += log.Count;
                    var batch = records.Changes(log, seq, run);
                    batch.ResumeToken = new ChangeLogToken(records.Last, token.Rows + records.Grown, token.Count + records.Count).ToJson();
                    (seq, from) = (seq + batch.Count, records.Last + 1);
                    yield return batch;
                }

                isMore = rows == RowsAtOnce;
            }
        }

        if (plan.Next is not { } planned || ChangeLogState.Read(planned) is not { } next) yield break;
        plan.Next = (next with { Rows = next.Rows + token.Rows + records.Grown }).ToJson();
        if (extent.Count is not { } count) yield break;
        plan.Lost = await WhyLostAsync(connection, request, next, count, token.Count + records.Count, ct);
        plan.IsChecked = true;
    }

    /// <summary>
    /// Why something is missing of what was planned or of what follows: between the plan and the reading, which may be gone on with days later, rows of the log may have been removed, and nothing is found
    /// where they stood. Null where nothing is. Where there was nothing to read, the plan has only just looked.
    /// </summary>
    private async Task<TrackingReason?> WhyLostAsync(SourceConnection connection, ReadRequest request, ChangeLogState next, long planned, long found, CancellationToken ct)
    {
        if (found < planned) return TrackingReason.Of("tracking.change_log.hole", ("rows", planned - found));
        return planned == 0 ? null : await source.LookAsync(
            connection, request,
            async session =>
            {
                var table = await session.Dialect.FindAsync(session.Ask, request.Table!, ct);
                return table.HasLog ? await WhyEverythingAsync(session, table, next, ct) : TrackingReason.Of("tracking.change_log.absent", ("table", table.Table));
            },
            ct);
    }
}
