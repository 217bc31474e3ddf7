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
    DataSources sources, IBackgroundJobClient hangfire, JobRunner runner, WorkerCapacity capacity, EngineOptions options, TimeProvider time, ILogger<Dispatcher> logger)
    : BackgroundService
{
    private static readonly TimeSpan Tick = TimeSpan.FromSeconds(1);

    /// <summary>The least from one turn to the next: under load each job that begins or ends would wake every worker's dispatcher, and one look serves many of them.</summary>
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(20);

    /// <summary>Hands out what may run now; returns how many jobs.</summary>
    public async Task<int> DispatchAsync(NpgsqlConnection connection, CancellationToken ct)
    {
        var due = await TakeAsync(connection, ct);

        // Committed before it is enqueued: if this process dies here, the mark grows old and the job is taken again.
        var given = 0;
        try
        {
            for (; given < due.Count; given++)
            {
                var (tenant, id, cancelRequested) = due[given];

                // Called off while its worker was dead: it is only to be ended, which needs no free thread.
                if (cancelRequested) await runner.RunAsync(tenant, id, ct);
                else hangfire.Create<Hangfire.SyncJobEntry>(entry => entry.RunAsync(tenant, id, CancellationToken.None), new EnqueuedState(Hangfire.SyncJobEntry.Queue));
            }
        }
        catch (BackgroundJobClientException)
        {
            // Those that did not get out are due at once again, by whatever worker; not when their marks are old.
            await UnmarkAsync(connection, due[given..], ct);
            throw;
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
                    var began = time.GetTimestamp();
                    if (await DispatchAsync(connection, stoppingToken) == 0) await connection.WaitAsync(Tick, stoppingToken);
                    await PaceAsync(began, stoppingToken);
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

    private static async Task UnmarkAsync(NpgsqlConnection connection, IReadOnlyCollection<(string Tenant, Guid Id, bool CancelRequested)> kept, CancellationToken ct)
    {
        await using var unmark = new NpgsqlCommand(
            """
            UPDATE sync_jobs j SET dispatched_at = NULL FROM unnest($1::text[], $2::uuid[]) m(tenant_id, id)
            WHERE j.tenant_id = m.tenant_id AND j.id = m.id AND j.status IN ('queued', 'running')
            """,
            connection);
        unmark.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = [.. kept.Select(k => k.Tenant)] });
        unmark.Parameters.Add(new NpgsqlParameter<Guid[]> { TypedValue = [.. kept.Select(k => k.Id)] });
        await unmark.ExecuteNonQueryAsync(ct);
    }

    private Task PaceAsync(long began, CancellationToken ct)
        => time.GetElapsedTime(began) is var spent && spent < Pace ? Task.Delay(Pace - spent, time, ct) : Task.CompletedTask;

    private async Task<List<(string Tenant, Guid Id, bool CancelRequested)>> TakeAsync(NpgsqlConnection connection, CancellationToken ct)
    {
        List<(string Tenant, Guid Id, bool CalledOff)> due = [];
        List<(string Tenant, Guid Id)> queued = [];
        await using var transaction = await connection.BeginTransactionAsync(ct);
        await using (var turn = new NpgsqlCommand("SELECT pg_try_advisory_xact_lock(7305161846021), set_config('synchronous_commit', 'off', true)", connection, transaction))
        {
            // A mark that a crash of the server undoes is made again. Whoever decides now hears of the same commit and looks again after this turn.
            if (await turn.ExecuteScalarAsync(ct) is not true) return due;
        }

        await using (var take = new NpgsqlCommand(TakeSql, connection, transaction))
        {
            take.Parameters.Add(new NpgsqlParameter<int> { TypedValue = options.MaxConcurrentJobsPerTenant });
            take.Parameters.Add(new NpgsqlParameter<int> { TypedValue = capacity.Threads });
            take.Parameters.Add(new NpgsqlParameter<int> { TypedValue = capacity.Reserve });
            await using var rows = await take.ExecuteReaderAsync(ct);
            while (await rows.ReadAsync(ct))
            {
                due.Add((rows.GetString(0), rows.GetGuid(1), rows.GetBoolean(2)));
                if (rows.GetBoolean(3)) queued.Add((rows.GetString(0), rows.GetGuid(1)));
            }
        }

        var back = await TenantCount.TakeBackAsync(transaction, queued, options.MaxConcurrentJobsPerTenant, ct);
        due.RemoveAll(d => back.Contains(d.Id));
        await transaction.CommitAsync(ct);
        return due;
    }

    /// <summary>
    /// A job is due when it is queued and not handed out, or running while its worker's session is gone or its lease has run out. A job handed out and
    /// not begun for a while (<see cref="TenantCount.HandOutAge"/>) counts as not handed out. Orphans come first; then one job of each tenant, then the second of each, and so on. No part
    /// reads a queue to its end: the tenants are found by a step from one to the next in the index, and of each only as many jobs as it may run.
    /// No more is handed out than threads are free, and the last of them are kept for tenants of which nothing runs: whoever holds a thread may hold it for long.
    /// </summary>
    private const string TakeSql = $"""
        WITH RECURSIVE live AS MATERIALIZED (
            SELECT tenant_id, id, mode, cancel_requested_at IS NOT NULL AS called_off, coalesce(dispatched_at > now() - {TenantCount.HandOutAge}, false) AS just_handed_out,
                   lease_until < now() OR NOT EXISTS (SELECT 1 FROM pg_stat_activity a WHERE a.pid = j.lease_pid) AS orphan
            FROM sync_jobs j WHERE status = 'running'),
        handed_out AS MATERIALIZED (
            SELECT tenant_id FROM sync_jobs WHERE status = 'queued' AND dispatched_at IS NOT NULL AND dispatched_at > now() - {TenantCount.HandOutAge}),
        busy AS (
            SELECT tenant_id, count(*) AS n FROM (SELECT tenant_id FROM live UNION ALL SELECT tenant_id FROM handed_out) b GROUP BY tenant_id),
        tenants AS (
            (SELECT tenant_id FROM sync_jobs WHERE status = 'queued' ORDER BY tenant_id LIMIT 1)
            UNION ALL
            SELECT (SELECT j.tenant_id FROM sync_jobs j WHERE j.status = 'queued' AND j.tenant_id > t.tenant_id ORDER BY j.tenant_id LIMIT 1)
            FROM tenants t WHERE t.tenant_id IS NOT NULL),
        next AS (
            SELECT t.tenant_id, q.id, q.created_at, coalesce(b.n, 0) + row_number() OVER (PARTITION BY t.tenant_id ORDER BY q.id) AS place
            FROM tenants t LEFT JOIN busy b USING (tenant_id)
            CROSS JOIN LATERAL (
                SELECT j.id, j.created_at FROM sync_jobs j
                WHERE j.tenant_id = t.tenant_id AND j.status = 'queued'
                  AND (j.not_before IS NULL OR j.not_before <= now()) AND (j.dispatched_at IS NULL OR j.dispatched_at <= now() - {TenantCount.HandOutAge})
                ORDER BY j.id LIMIT greatest(0, $1 - coalesce(b.n, 0))) q
            WHERE t.tenant_id IS NOT NULL),
        in_turn AS (SELECT *, row_number() OVER (ORDER BY place, created_at) AS turn FROM next),
        taken AS (SELECT (SELECT count(*) FROM handed_out) + (SELECT count(*) FROM live WHERE mode <> 'realtime') AS threads),
        due AS (
            SELECT tenant_id, id, called_off FROM live WHERE orphan AND NOT just_handed_out
            UNION ALL
            SELECT tenant_id, id, false FROM in_turn, taken WHERE turn + threads <= CASE WHEN place = 1 THEN $2 ELSE $2 - $3 END)
        UPDATE sync_jobs j SET dispatched_at = now() FROM due d
        WHERE j.tenant_id = d.tenant_id AND j.id = d.id
        RETURNING j.tenant_id, j.id, d.called_off, j.status = 'queued'
        """;

    private static partial class Log
    {
        [LoggerMessage(1320, LogLevel.Warning, "Dispatching failed ({Reason}); trying again")]
        public static partial void DispatchFailed(ILogger logger, string reason);
    }
}
