using DataSync.Jobs.Webhooks.Inbox;
using DataSync.Platform.Persistence;
using DataSync.Platform.Tenancy.Regions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace DataSync.Jobs.Webhooks.Drain;

/// <summary>Looks which sources have deliveries waiting, when something arrives and now and then by itself, and has a job made of them. Every worker runs one.</summary>
internal sealed partial class DrainKeeper(DataSources sources, DrainStart start, RegionOptions regions, TimeProvider time, ILogger<DrainKeeper> logger) : BackgroundService
{
    private static readonly TimeSpan Idle = TimeSpan.FromSeconds(1), Waiting = TimeSpan.FromMilliseconds(100);

    /// <summary>A step in the index from one source to the next: however much waits, only as many rows are read as there are sources.</summary>
    private static readonly string WaitingSql =
        $"""
        WITH RECURSIVE waiting AS (
            (SELECT tenant_id, source_id FROM webhook_deliveries WHERE job_id IS NULL AND failure IS NULL ORDER BY tenant_id, source_id LIMIT 1)
            UNION ALL
            SELECT n.tenant_id, n.source_id FROM waiting w CROSS JOIN LATERAL (
                SELECT d.tenant_id, d.source_id FROM webhook_deliveries d
                WHERE d.job_id IS NULL AND d.failure IS NULL AND (d.tenant_id, d.source_id) > (w.tenant_id, w.source_id)
                ORDER BY d.tenant_id, d.source_id LIMIT 1) n)
        SELECT tenant_id, source_id FROM waiting w WHERE {RegionSql.IsHere("w.tenant_id", "$1", "$2")}
        """;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await using var connection = await sources.System.OpenConnectionAsync(stoppingToken);
                await using (var listen = new NpgsqlCommand("LISTEN " + InboxBell.Channel, connection)) await listen.ExecuteNonQueryAsync(stoppingToken);
                while (true) await connection.WaitAsync(await LookAsync(connection, stoppingToken) ? Waiting : Idle, stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e) when (Engine.AttemptVerdict.IsOwnDatabase(e) || e is IOException or TimeoutException or InvalidOperationException)
            {
                Log.LookFailed(logger, e.GetType().Name);
                await Task.Delay(Idle, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    /// <summary>Has jobs made; true where somebody should look again soon.</summary>
    private async Task<bool> LookAsync(NpgsqlConnection connection, CancellationToken ct)
    {
        List<(string Tenant, string Source)> waiting = [];
        await using (var ask = new NpgsqlCommand(WaitingSql, connection))
        {
            ask.Parameters.AddRange(RegionSql.Values(regions));
            await using var rows = await ask.ExecuteReaderAsync(ct);
            while (await rows.ReadAsync(ct)) waiting.Add((rows.GetString(0), rows.GetString(1)));
        }

        var soon = false;
        foreach (var (tenant, source) in waiting) soon |= await start.TryAsync(tenant, source, ct);
        return soon;
    }

    private static partial class Log
    {
        [LoggerMessage(1812, LogLevel.Warning, "Waiting deliveries could not be looked for ({Reason}); trying again")]
        public static partial void LookFailed(ILogger logger, string reason);
    }
}
