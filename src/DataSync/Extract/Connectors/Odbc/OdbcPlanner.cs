using System.Text.Json;
using DataSync.Extract.Connectors.Postgres;
using DataSync.Pipeline.Connectors;
using DataSync.Pipeline.Failures;
using DataSync.Pipeline.Incremental;

namespace DataSync.Extract.Connectors.Odbc;

/// <summary>
/// Finds out how far an incremental reading may go, as <see cref="PostgresPlanner"/> does for a query: first the greatest value there is, then which transactions run. Once those have ended, whatever commits later
/// lies at or above that value; where some do not end soon, the next sync begins where this one did.
/// </summary>
internal sealed class OdbcPlanner(OdbcHolder held, OdbcThread thread, TimeProvider time)
{
    /// <summary>What is read of the source; to be ended with the session.</summary>
    public OdbcRead? Read { get; private set; }

    /// <summary>Plans a reading; null where the server is a replica, at which nothing but a lag covers what commits late, and there must be one.</summary>
    public async Task<WindowPlan?> PlanAsync(ReadRequest request, decimal lag, CancellationToken ct)
    {
        if (await held.RunAsync(session => session.Dialect.IsReplica(session), ct))
        {
            if (lag == 0) throw new SyncFailureException(SyncFailure.Permanent("errors.extraction.replica", ("field", request.Window!.Field)));
            return null;
        }

        var floor = await GreatestAsync(request, ct);
        var running = new RunningTransactions(RunningAsync, time);
        var isDecided = await running.EndAsync(await running.SeenAsync(ct), RunningTransactions.Patience, ct);

        // a source without any value says nothing of what will come
        return new WindowPlan { Floor = isDecided ? floor : null, IsUndecided = !isDecided || floor is null };
    }

    /// <summary>As a record shows it; null where there is none, or where it cannot be shown.</summary>
    private async Task<JsonElement?> GreatestAsync(ReadRequest request, CancellationToken ct)
    {
        await held.RunAsync(session => Read = OdbcRead.Greatest(session, thread, request), ct);
        using var batch = await held.GuardAsync(() => Read!.NextAsync(ct), null, ct);
        JsonElement? greatest = batch is null || batch.IsRejected(0) ? null : JsonElement.Parse(batch.Raw[0]).GetProperty(request.Window!.Field);
        return await held.RunAsync(
            _ =>
            {
                Read!.Dispose();
                Read = null;
                return greatest;
            },
            ct);
    }

    private Task<HashSet<string>> RunningAsync(CancellationToken ct)
        => held.RunAsync(session => session.Look(session.Dialect.Running!).Select(r => r[0]!).ToHashSet(StringComparer.Ordinal), ct);
}
