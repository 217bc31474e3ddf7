using DataSync.Platform.Persistence;
using DataSync.Platform.Tenancy;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace DataSync.Jobs.Engine.Waiting;

/// <summary>Brings jobs whose waiting is over back into their tenants' queues. Every worker looks; the first to move a job has moved it.</summary>
internal sealed partial class WaitingJobs(DataSources sources, TenantDatabase database, TimeProvider time, ILogger<WaitingJobs> logger) : BackgroundService
{
    private const int Most = 1000;
    private static readonly TimeSpan Tick = TimeSpan.FromSeconds(1);

    /// <summary>Moves what is due now; returns how many jobs.</summary>
    public async Task<int> WakeAsync(CancellationToken ct)
    {
        var due = await DueAsync(ct);
        var moved = 0;
        foreach (var tenant in due.GroupBy(j => j.TenantId, j => j.JobId, StringComparer.Ordinal))
        {
            await using var batch = await database.BatchAsync(tenant.Key, durable: true, ct);

            // The order of the ids keeps two workers from waiting for each other.
            var update = batch.Add(
                """
                UPDATE sync_jobs j SET status = 'queued', not_before = now(), dispatched_at = NULL
                FROM (SELECT id FROM sync_jobs WHERE tenant_id = $1 AND id = ANY ($2) AND status = 'waiting' AND not_before <= now() ORDER BY id FOR UPDATE) d
                WHERE j.tenant_id = $1 AND j.id = d.id
                """,
                tenant.Key, tenant.ToArray());
            batch.Add($"SELECT pg_notify('{JobOutcome.DispatchChannel}', '')");
            await batch.ExecuteAsync(ct);
            moved += (int)update.RecordsAffected;
        }

        return moved;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Tick, time);
        do
        {
            try
            {
                await WakeAsync(stoppingToken);
            }
            catch (Exception e) when (AttemptVerdict.IsOwnDatabase(e) || e is TimeoutException)
            {
                if (!stoppingToken.IsCancellationRequested) Log.NotWoken(logger, e.GetType().Name);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private async Task<List<(string TenantId, Guid JobId)>> DueAsync(CancellationToken ct)
    {
        await using var command = sources.System.CreateCommand("SELECT tenant_id, id FROM sync_jobs WHERE status = 'waiting' AND not_before <= now() LIMIT $1");
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = Most });
        await using var rows = await command.ExecuteReaderAsync(ct);
        List<(string, Guid)> due = [];
        while (await rows.ReadAsync(ct)) due.Add((rows.GetString(0), rows.GetGuid(1)));
        return due;
    }

    private static partial class Log
    {
        [LoggerMessage(1851, LogLevel.Warning, "Waiting jobs could not be looked for ({Reason}); tried again in a second")]
        public static partial void NotWoken(ILogger logger, string reason);
    }
}
