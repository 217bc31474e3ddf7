using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;
using System.Text.Json;
using DataSync.Extract.Connectors.Network;
using DataSync.Extract.Connectors.Postgres.Wire;
using DataSync.Pipeline;
using DataSync.Pipeline.Connectors;
using DataSync.Pipeline.Failures;
using DataSync.Pipeline.Incremental;
using Npgsql;

namespace DataSync.Extract.Connectors.Postgres.Log;

/// <summary>
/// Follows a table by the server's log. A slot of the source's own keeps what is not delivered yet; it is told what it may forget by the next sync, once the state that says so is stored, so
/// that whatever ends a sync, nothing is lost.
/// </summary>
internal sealed class PostgresTracking(PostgresConnector connector, PostgresGate gate, TimeProvider time)
{
    /// <summary>A slot that a reader before has not let go of yet is waited for.</summary>
    private static readonly TimeSpan BusyPause = TimeSpan.FromMilliseconds(100);

    private const int BusyTries = 50;

    public async Task<TrackingOffer> OfferAsync(SourceConnection connection, ReadRequest request, CancellationToken ct)
    {
        var facts = await FactsAsync(connection, request, ct);
        var missing = new LogSetup(facts, LogNames.Of(connection)).Missing();
        return new TrackingOffer(TrackingMethods.Log, missing is null, missing) { Found = facts };
    }

    public async Task<TrackingSetup> SetupAsync(SourceConnection connection, ReadRequest request, CancellationToken ct)
        => new LogSetup(await FactsAsync(connection, request, ct), LogNames.Of(connection)).Setup();

    public async Task<ChangePlan> PlanAsync(SourceConnection connection, ReadRequest request, TrackingOffer offer, JsonElement? last, CancellationToken ct)
    {
        var facts = offer.Found as LogFacts ?? await FactsAsync(connection, request, ct);
        if (last is null) return new ChangePlan { Everything = true, Found = facts };
        var position = LogPosition.Read(last);
        if (LogLoss.Of(facts, position, await HasRowsAddedAsync(connection, facts, position, ct)) is { } why) return new ChangePlan { Everything = true, Reason = why, Found = facts };

        // what was changed since and needs no reading is how the table is from here on
        position = position! with { Marks = facts.Shape.Marks };
        var end = Math.Max(facts.End, LogPosition.Parse(position.Lsn));
        return new ChangePlan
        {
            Extent = JsonSerializer.SerializeToElement(new LogExtent(position.Lsn, LogPosition.Text(end), position)),
            Next = position.ToJson(),
            Position = position.Lsn,
            LagBytes = facts.LagBytes,
            Found = facts,
        };
    }

    public IAsyncEnumerable<RecordBatch> ReadAsync(SourceConnection connection, ReadRequest request, ChangePlan plan, CancellationToken ct)
        => plan.Everything ? ReadTableAsync(connection, request, plan, ct) : ReadLogAsync(connection, request, plan, ct);

    /// <summary>
    /// A reader that has not let go of the slot yet is waited for, without the turn: it may be a sync that began meanwhile. What the question about its use fails with is thrown as it is: that is a database of
    /// ours, and none of the source's.
    /// </summary>
    public async Task ReleaseAsync(SourceConnection connection, Func<CancellationToken, Task<bool>>? isUnused, CancellationToken ct)
    {
        ExceptionDispatchInfo? ours = null;
        try
        {
            for (var tries = 1; await connector.AskAsync(connection, DropAsync, ct) == SlotTurn.Outcome.Busy; tries++)
            {
                if (tries == BusyTries) throw new SyncFailureException(SyncFailure.Transient(LogErrors.Busy));
                await Task.Delay(BusyPause, time, ct);
            }
        }
        catch (SyncFailureException) when (ours is not null)
        {
            ours.Throw();
            throw;
        }

        Task<SlotTurn.Outcome> DropAsync(PostgresSession session, CancellationToken token) => SlotTurn.DropAsync(session, LogNames.Of(connection), isUnused is null ? null : IsUnusedAsync, token);

        async Task<bool> IsUnusedAsync(CancellationToken token)
        {
            try
            {
                return await isUnused!(token);
            }
            catch (Exception e) when (!token.IsCancellationRequested)
            {
                ours = ExceptionDispatchInfo.Capture(e);
                throw;
            }
        }
    }

    /// <summary>The slot begins, and with it a snapshot of the table: what the snapshot does not hold is in the log. A reading that breaks off begins again, with a slot of its own.</summary>
    private async IAsyncEnumerable<RecordBatch> ReadTableAsync(SourceConnection connection, ReadRequest request, ChangePlan plan, [EnumeratorCancellation] CancellationToken ct)
    {
        var (source, name) = (connector.Read(connection), LogNames.Of(connection));
        var facts = plan.Found as LogFacts ?? await FactsAsync(connection, request, ct);
        var patience = new ServerPatience(request.StatementTimeout + PostgresConnector.Margin, time);
        PostgresSession? session = null;
        PostgresRead? read = null;
        try
        {
            ulong begins;
            (session, begins) = await GuardAsync(() => SnapshotAsync(source, name, facts.HasSlot, request, patience, ct), source, ct);
            (plan.Position, plan.LagBytes) = (LogPosition.Text(begins), 0);
            plan.Next = PositionOf(facts, name, begins).ToJson();
            var whole = request with { ResumeToken = default };
            read = await GuardAsync(
                () => patience.WaitAsync(token => PostgresRead.StartAsync(session, whole, token, columns => new ReadLead(columns, facts.Table.KeyColumns, begins)), ct), source, ct);
            while (await GuardAsync(() => patience.WaitAsync(read.NextAsync, ct), source, ct) is { } batch)
            {
                batch.ResumeToken = default;
                yield return batch;
            }
        }
        finally
        {
            await patience.EndAsync(async () =>
            {
                if (read is not null) await read.DisposeAsync();
                if (session is not null) await session.DisposeAsync();
            });
        }
    }

    private async Task<(PostgresSession Session, ulong Begins)> SnapshotAsync(
        ServerParameters source, string name, bool exists, ReadRequest request, ServerPatience patience, CancellationToken ct)
    {
        var log = await LogSession.OpenAsync(gate, source, request.StatementTimeout, ct);
        PostgresSession? session = null;
        try
        {
            var (begins, snapshot) = await patience.WaitAsync(token => log.MakeSlotAsync(name, exists, token), ct);
            session = await gate.OpenAsync(source, request.StatementTimeout, ct);
            await patience.WaitAsync(
                async token =>
                {
                    await session.BeginAsync(request.StatementTimeout, token, snapshot);
                    return true;
                },
                ct);
            return (session, begins);
        }
        catch
        {
            await patience.EndAsync(async () =>
            {
                if (session is not null) await session.DisposeAsync();
            });
            throw;
        }
        finally
        {
            await patience.EndAsync(async () => await log.DisposeAsync());
        }
    }

    private async IAsyncEnumerable<RecordBatch> ReadLogAsync(SourceConnection connection, ReadRequest request, ChangePlan plan, [EnumeratorCancellation] CancellationToken ct)
    {
        var extent = plan.Extent!.Value.Deserialize<LogExtent>()!;
        if (string.CompareOrdinal(extent.To, extent.From) <= 0)
        {
            // the plan has only just looked, and nothing is read
            plan.IsChecked = true;
            yield break;
        }

        var (source, name) = (connector.Read(connection), LogNames.Of(connection));
        var facts = plan.Found as LogFacts ?? await FactsAsync(connection, request, ct);
        var resume = request.ResumeToken.IsEmpty ? null : JsonSerializer.Deserialize<LogToken>(request.ResumeToken.Span);
        for (var tries = 1; ; tries++)
        {
            var log = await LogSession.OpenAsync(gate, source, request.StatementTimeout, ct);
            var from = LogPosition.Parse(resume?.Lsn ?? extent.From);
            var reading = new LogReading(log, facts, request, from, LogPosition.Parse(extent.To), resume, (types, token) => TypesAsync(connection, types, token), time);
            var patience = Patience(request);
            var isBusy = false;
            try
            {
                log.Start(name, from, LogPosition.Parse(extent.From));
                while (true)
                {
                    patience = Patience(request);
                    RecordBatch? batch;
                    try
                    {
                        batch = await GuardAsync(() => patience.WaitAsync(reading.NextAsync, ct), source, ct);
                    }
                    catch (SyncFailureException e) when (e.Failure.MessageKey == LogErrors.Busy && tries < BusyTries)
                    {
                        isBusy = true;
                        break;
                    }

                    if (batch is not null) yield return batch;
                    else if (reading.HasEnded) break;
                }
            }
            finally
            {
                await patience.EndAsync(async () =>
                {
                    reading.Dispose();
                    await log.DisposeAsync();
                });
            }

            if (!isBusy)
            {
                plan.Position = LogPosition.Text(reading.Reached);
                if (reading.IsCutShort) plan.Reason = TrackingReason.Of("tracking.log.cut_short");
                var next = extent.Position with { Lsn = plan.Position };
                (plan.Next, plan.Lost, plan.IsChecked) = (next.ToJson(), await WhyLostAsync(connection, facts, extent.Position, next, ct), true);
                yield break;
            }

            await Task.Delay(BusyPause, time, ct);
        }
    }

    /// <summary>A step, not the whole, has an end: how long the log is, nobody knows. A step is over once something has come.</summary>
    private ServerPatience Patience(ReadRequest request) => new(request.StatementTimeout + PostgresConnector.Margin, time);

    private Task<LogFacts> FactsAsync(SourceConnection connection, ReadRequest request, CancellationToken ct)
        => connector.AskAsync(connection, async (session, token) =>
        {
            await connector.DemandAsync(session, connection, token);
            await SlotTurn.PassAsync(session, LogNames.Of(connection), token);
            return await LogFacts.AskAsync(session, request.Table!, LogNames.Of(connection), token);
        }, ct, keeps: true);

    /// <summary>
    /// Why something of the stretch, or of what follows, is not in the log; null where all is. A slot that somebody else had read from begins where that one had come to, whatever place it is asked for, and only we
    /// tell it what to forget: so a place beyond the stretch's beginning says that there is a hole in it.
    /// </summary>
    private async Task<TrackingReason?> WhyLostAsync(SourceConnection connection, LogFacts facts, LogPosition began, LogPosition next, CancellationToken ct)
    {
        var now = await AgainAsync(connection, facts, ct);
        var hasRowsAdded = await HasRowsAddedAsync(connection, now, began, ct);
        return LogLoss.Of(now, began, hasRowsAdded) ?? LogLoss.Of(now, next, hasRowsAdded);
    }

    private async Task<bool> HasRowsAddedAsync(SourceConnection connection, LogFacts facts, LogPosition? position, CancellationToken ct)
        => facts.Shape.Added(position?.Marks) is { Count: > 0 } added && await connector.AskAsync(connection, (session, token) => LogShape.HoldAnythingAsync(session, added, token), ct, keeps: true);

    /// <summary>How the log stands now.</summary>
    private Task<LogFacts> AgainAsync(SourceConnection connection, LogFacts facts, CancellationToken ct)
        => connector.AskAsync(connection, (session, token) => LogFacts.ReadAsync(session, facts.Table, facts.Version, LogNames.Of(connection), token), ct, keeps: true);

    private async Task<(WireCatalog Types, bool CheckText)> TypesAsync(SourceConnection connection, IEnumerable<uint> types, CancellationToken ct)
        => await connector.AskAsync(connection, async (session, token) => (await WireCatalog.LoadAsync(session, types, token), session.HasUncheckedText), ct, keeps: true);

    private static LogPosition PositionOf(LogFacts facts, string name, ulong lsn) => new()
    {
        Slot = name,
        System = facts.System,
        Timeline = facts.Timeline,
        Database = facts.Database,
        Table = facts.TableId,
        Publication = facts.Publication,
        Marks = facts.Shape.Marks,
        Lsn = LogPosition.Text(lsn),
    };

    private static async Task<T> GuardAsync<T>(Func<Task<T>> work, ServerParameters source, CancellationToken ct)
    {
        try
        {
            return await work();
        }
        catch (PostgresException e) when (LogErrors.Of(e) is { } failure)
        {
            ct.ThrowIfCancellationRequested();
            throw new SyncFailureException(failure, e);
        }
        catch (Exception e) when (PostgresErrors.IsKnown(e))
        {
            ct.ThrowIfCancellationRequested();
            throw PostgresErrors.Map(e, source, opening: false);
        }
    }
}
