using System.Globalization;
using DataSync.Alerts.Evaluation;
using DataSync.Platform.Monitoring;
using DataSync.Platform.Tenancy;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;
using NpgsqlTypes;

namespace DataSync.Alerts.Measured;

/// <summary>
/// What is wrong with this process itself: each process measures, and tells the operator's tenant. A breach of two processes is two, each of its own subject; so nobody has to be asked.
/// While all is well, nothing is written or read. It is told over a connection kept apart: one of the pool would not be had where the pool is what is wrong, and every other breach would wait behind it.
/// </summary>
internal sealed partial class ProcessAlerts(IEnumerable<ProcessMeasure> measures, TenantDatabase database, AlertOptions options, TimeProvider time, ILogger<ProcessAlerts> logger) : BackgroundService
{
    private static readonly TimeSpan Tick = TimeSpan.FromSeconds(5);

    private const string Breaches =
        """
        breaches (tenant_id, rule_id, subject, value, threshold, window_seconds, channels) AS (
            SELECT $3::text, $2::text, $4::text, $5::double precision, $6::double precision, 0, NULL::text[] WHERE $7::boolean)
        """;

    private static readonly string Sql = AlertMoves.Sql(Breaches, "a.tenant_id = $3 AND a.subject = $4", "$1");

    private readonly TenantDatabase _apart = database.Apart();
    private readonly HashSet<string> _open = new(StringComparer.Ordinal);

    /// <summary>This process, as alerts of it name it.</summary>
    public string Subject { get; } = string.Create(CultureInfo.InvariantCulture, $"{Environment.MachineName}/{Environment.ProcessId}");

    /// <summary>Measures once, and tells what begins, goes on or ends.</summary>
    public async Task LookAsync(CancellationToken ct)
    {
        foreach (var measure in measures)
        {
            var level = measure.Read();
            if (!level.IsBreached && !_open.Contains(measure.Condition)) continue;
            var (opened, over, _) = await TellAsync(measure.Condition, level, ct);
            if (level.IsBreached) _open.Add(measure.Condition);
            else _open.Remove(measure.Condition);
            if (opened > 0) Log.Opened(logger, measure.Condition, level.Value, level.Threshold);
            if (over > 0) Log.Over(logger, measure.Condition);
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            await Task.Delay(Tick, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (stoppingToken.IsCancellationRequested) return;
            try
            {
                await LookAsync(stoppingToken);
            }
#pragma warning disable CA1031 // A process that cannot tell of itself still does its work.
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
#pragma warning restore CA1031
            {
                Log.Failed(logger, e);
            }
        }
    }

    private async Task<AlertCount> TellAsync(string condition, MeasuredLevel level, CancellationToken ct)
    {
        await using var transaction = await _apart.BeginAsync(options.OperatorTenant, ct);
        await using (var seen = transaction.Command(
            "UPDATE alerts SET seen_at = now() WHERE tenant_id = $1 AND condition = $2 AND subject = $3 AND over_at IS NULL AND $4", options.OperatorTenant, condition, Subject, level.IsBreached))
        {
            await seen.ExecuteNonQueryAsync(ct);
        }

        await using var moves = transaction.Command(
            Sql, await NowAsync(transaction, ct), condition, options.OperatorTenant, Subject, level.Value, level.Threshold, level.IsBreached);
        AlertCount count;
        await using (var counts = await moves.ExecuteReaderAsync(ct))
        {
            await counts.ReadAsync(ct);
            count = new AlertCount(counts.GetInt64(0), counts.GetInt64(1), counts.GetInt64(2));
        }

        await using (var call = transaction.Command($"SELECT pg_notify('{AlertMoves.Channel}', '')")) await call.ExecuteNonQueryAsync(ct);
        await transaction.CommitAsync(ct);
        return count;
    }

    private static async Task<NpgsqlParameter> NowAsync(TenantTransaction transaction, CancellationToken ct)
    {
        await using var now = transaction.Command("SELECT now()");
        return new NpgsqlParameter { Value = (DateTime)(await now.ExecuteScalarAsync(ct))!, NpgsqlDbType = NpgsqlDbType.TimestampTz };
    }

    private static partial class Log
    {
        [LoggerMessage(1905, LogLevel.Critical, "Alert {Condition} of this process: {Value} where {Threshold} is too much")]
        public static partial void Opened(ILogger logger, string condition, double value, double threshold);

        [LoggerMessage(1906, LogLevel.Warning, "Alert {Condition} of this process is over")]
        public static partial void Over(ILogger logger, string condition);

        [LoggerMessage(1907, LogLevel.Error, "What is wrong with this process could not be told; tried again in a moment")]
        public static partial void Failed(ILogger logger, Exception exception);
    }
}
