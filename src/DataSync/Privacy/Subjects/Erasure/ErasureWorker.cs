using System.Data.Common;
using DataSync.Platform.Persistence;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace DataSync.Privacy.Subjects.Erasure;

/// <summary>Looks for requests whose time has come, and runs them one after the other, each for a while: first one of each tenant, then the second of each, and whoever has waited longest before others.</summary>
internal sealed partial class ErasureWorker(DataSources sources, ErasureRunner runner, TimeProvider time, ILogger<ErasureWorker> logger) : BackgroundService
{
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(2);

    private const string DueSql =
        """
        SELECT tenant_id, id FROM (
            SELECT tenant_id, id, coalesce(not_before, '-infinity') AS since, row_number() OVER (PARTITION BY tenant_id ORDER BY coalesce(not_before, '-infinity'), id) AS turn
            FROM privacy_requests WHERE status IN ('queued', 'running', 'waiting') AND (not_before IS NULL OR not_before <= $1)) due
        ORDER BY turn, since, id LIMIT 100
        """;

    /// <summary>Runs all that are due; returns how many were looked at.</summary>
    public async Task<int> RunDueAsync(CancellationToken ct)
    {
        List<(string Tenant, Guid Id)> due = [];
        await using (var command = sources.System.CreateCommand(DueSql))
        {
            command.Parameters.AddWithValue(time.GetUtcNow());
            await using var rows = await command.ExecuteReaderAsync(ct);
            while (await rows.ReadAsync(ct)) due.Add((rows.GetString(0), rows.GetGuid(1)));
        }

        foreach (var (tenant, id) in due) await runner.RunAsync(tenant, id, ct);
        return due.Count;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Look, time);
        do
        {
            try
            {
                await RunDueAsync(stoppingToken);
            }
            catch (Exception e) when (e is not OperationCanceledException || !stoppingToken.IsCancellationRequested)
            {
                // Whatever it is (a name that is not resolved is no DbException): requests are due by law, and nobody else looks for them.
                Log.NotLooked(logger, (e as DbException)?.SqlState ?? e.GetType().Name);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private static partial class Log
    {
        [LoggerMessage(2044, LogLevel.Warning, "Requests to erase could not be looked for ({Reason}); tried again in two seconds")]
        public static partial void NotLooked(ILogger logger, string reason);
    }
}
