using DataSync.Platform.Persistence;
using Hangfire;
using Hangfire.States;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace DataSync.Jobs.Engine;

/// <summary>
/// Gives queued jobs to Hangfire, round the tenants, each within its limit; and takes up again, ahead of new work, what a crash left behind.
/// Every worker runs one; a lock of the database lets one at a time decide, so the limit holds across machines.
/// </summary>
internal sealed partial class Dispatcher(
    DataSources sources, IBackgroundJobClient hangfire, EngineOptions options, TimeProvider time, ILogger<Dispatcher> logger) : BackgroundService
{
    private static readonly TimeSpan Tick = TimeSpan.FromSeconds(1);

    /// <summary>Hands out what may run now; returns how many jobs.</summary>
    public async Task<int> DispatchAsync(NpgsqlConnection connection, CancellationToken ct)
    {
        List<(string Tenant, Guid Job)> due = [];
        await using (var transaction = await connection.BeginTransactionAsync(ct))
        {
            await using var take = new NpgsqlCommand(TakeSql, connection, transaction)
            {
                Parameters = { new NpgsqlParameter<int> { TypedValue = options.MaxConcurrentJobsPerTenant }, new NpgsqlParameter<int> { TypedValue = options.WorkerThreads * 4 } },
            };
            await using (var rows = await take.ExecuteReaderAsync(ct))
            {
                while (await rows.ReadAsync(ct)) due.Add((rows.GetString(0), rows.GetGuid(1)));
            }

            await transaction.CommitAsync(ct);
        }

        // Committed before it is enqueued: if this process dies here, the mark grows old and the job is taken again.
        foreach (var (tenant, job) in due)
        {
            hangfire.Create<Hangfire.SyncJobEntry>(entry => entry.RunAsync(tenant, job, CancellationToken.None), new EnqueuedState(Hangfire.SyncJobEntry.Queue));
        }

        return due.Count;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await using var connection = await sources.System.OpenConnectionAsync(stoppingToken);
                await using (var listen = new NpgsqlCommand("LISTEN " + JobOutcome.DispatchChannel, connection)) await listen.ExecuteNonQueryAsync(stoppingToken);
                while (true)
                {
                    while (await DispatchAsync(connection, stoppingToken) > 0) { }
                    await connection.WaitAsync(Tick, stoppingToken);
                }
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e) when (e is NpgsqlException or BackgroundJobClientException or IOException or TimeoutException or InvalidOperationException)
            {
                Log.DispatchFailed(logger, e.GetType().Name);
                await Task.Delay(Tick, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    /// <summary>
    /// A job is due when it is queued and not handed out, or running while its worker's session is gone or its lease has run out. A job handed out and
    /// not begun for a minute counts as not handed out. Orphans come first; then one job of each tenant, then the second of each, and so on.
    /// </summary>
    private const string TakeSql = """
        WITH allowed AS MATERIALIZED (SELECT pg_try_advisory_xact_lock(7305161846021) AS ok),
        open AS MATERIALIZED (
            SELECT tenant_id, id, created_at,
                   status = 'running' AND (lease_until < now() OR NOT EXISTS (SELECT 1 FROM pg_stat_activity a WHERE a.pid = j.lease_pid)) AS orphan,
                   status = 'queued' AS queued,
                   coalesce(dispatched_at > now() - interval '60 seconds', false) AS handed_out,
                   coalesce(dispatched_at > now() - interval '3 seconds', false) AS just_handed_out,
                   coalesce(not_before > now(), false) AS held
            FROM sync_jobs j WHERE status IN ('queued', 'running', 'waiting')),
        busy AS (
            SELECT tenant_id, count(*) AS n FROM open WHERE NOT orphan AND (NOT queued OR handed_out) GROUP BY tenant_id),
        ranked AS (
            SELECT o.tenant_id, o.id, o.orphan, o.created_at,
                   coalesce(b.n, 0) + row_number() OVER (PARTITION BY o.tenant_id ORDER BY o.orphan DESC, o.created_at, o.id) AS place
            FROM open o LEFT JOIN busy b USING (tenant_id)
            WHERE NOT o.held AND ((o.queued AND NOT o.handed_out) OR (o.orphan AND NOT o.just_handed_out))),
        due AS (
            SELECT tenant_id, id FROM ranked WHERE place <= $1 OR orphan ORDER BY orphan DESC, place, created_at LIMIT $2)
        UPDATE sync_jobs j SET dispatched_at = now() FROM due d, allowed
        WHERE allowed.ok AND j.tenant_id = d.tenant_id AND j.id = d.id
        RETURNING j.tenant_id, j.id
        """;

    private static partial class Log
    {
        [LoggerMessage(1320, LogLevel.Warning, "Dispatching failed ({Reason}); trying again")]
        public static partial void DispatchFailed(ILogger logger, string reason);
    }
}
