using System.Diagnostics.Metrics;
using DataSync.Platform.Monitoring;
using DataSync.Platform.Persistence;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace DataSync.Platform.Audit.Chain;

/// <summary>Runs in every process: chains what waits, and writes the heads that have moved outside the database. Whoever comes first does it for all.</summary>
internal sealed partial class AuditSealing(AuditSealer sealer, AuditAnchors anchors, DataSources sources, AuditOptions options, IMeterFactory meters, TimeProvider time, ILogger<AuditSealing> logger)
    : BackgroundService
{
    /// <summary>How often all chains are looked at: a process that died may have moved heads and not written them.</summary>
    private static readonly TimeSpan Sweep = TimeSpan.FromHours(1);

    private readonly Dictionary<string, AuditHead> _moved = new(StringComparer.Ordinal);
    private readonly AuditLastHeads _last = new(anchors, sources);

    private readonly Counter<long> _lost = meters.Create(SyncTelemetry.Name).CreateCounter<long>("datasync.audit.lost_heads", "{head}", "Chains of the audit log found without the head that was written last, as often as it is said");
    private readonly Counter<long> _failures = meters.Create(SyncTelemetry.Name).CreateCounter<long>("datasync.audit.seal_failures", "{failure}", "Times that entries of the audit log could not be chained, or their heads not written");
    private long _swept = long.MinValue, _wrote;
    private bool _failing;

    /// <summary>Chains all that waits now; returns how many entries that were.</summary>
    public async Task<int> SealAllAsync(CancellationToken ct)
    {
        var sum = 0;
        while (await sealer.IsWaitingAsync(ct))
        {
            var (heads, chained) = await sealer.SealAsync(ct);
            if (chained == 0) break; // another process is at it
            foreach (var head in heads) _moved[head.TenantId] = head;
            sum += chained;
        }

        return sum;
    }

    /// <summary>
    /// Writes the heads that have moved since they were last written. A chain that no longer holds the head that was written last was tampered with (or the database was put back to an older state):
    /// the log is told, and no head is written over that one.
    /// </summary>
    public async Task AnchorAsync(CancellationToken ct)
    {
        await SweepAsync(ct);
        await _last.RefreshAsync(_moved.Keys, ct);
        var lost = await _last.LostAsync(_moved.Values, ct);
        foreach (var head in lost.Values) Log.Lost(logger, head.TenantId, head.Sequence, Convert.ToHexStringLower(head.Hash));
        _lost.Add(lost.Count);
        AuditHead[] due = [.. _moved.Values.Where(h => !lost.ContainsKey(h.TenantId) && h.Sequence > (_last.Of(h.TenantId)?.Sequence ?? 0))];
        await anchors.WriteAsync(due, ct);
        foreach (var head in due) _last.Written(head);
        _moved.Clear();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        _lost.Add(0); // shown from the beginning
        _failures.Add(0);
        using var timer = new PeriodicTimer(options.SealEvery, time);
        _wrote = time.GetTimestamp();
        do
        {
            try
            {
                await SealAllAsync(stoppingToken);
                if (time.GetElapsedTime(_wrote) >= options.AnchorEvery)
                {
                    _wrote = time.GetTimestamp();
                    await AnchorAsync(stoppingToken);
                }

                if (_failing) Log.Again(logger);
                _failing = false;
            }
            catch (Exception e) when (e is not OperationCanceledException || !stoppingToken.IsCancellationRequested)
            {
                // Whatever it is (a name that is not resolved is no NpgsqlException): entries that nobody chains would wait until the process is started anew.
                _failures.Add(1); // the log says it once; how long it goes on is seen by this
                if (!_failing) Log.Failed(logger, (e as PostgresException)?.SqlState ?? e.GetType().Name, e);
                _failing = true;
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private async Task SweepAsync(CancellationToken ct)
    {
        var now = time.GetTimestamp();
        if (_swept != long.MinValue && time.GetElapsedTime(_swept, now) < Sweep) return;
        await using var connection = await sources.System.OpenConnectionAsync(ct);
        var heads = await AuditHeads.OfAsync(connection, [.. await AuditHeads.TenantsAsync(connection, ct)], ct);
        foreach (var head in heads.Values.Where(h => !_moved.TryGetValue(h.TenantId, out var known) || known.Sequence < h.Sequence)) _moved[head.TenantId] = head;
        _swept = now;
    }

    private static partial class Log
    {
        [LoggerMessage(2001, LogLevel.Error, "Entries of the audit log could not be chained or their heads not written ({Reason}); they wait, and it is tried again every second")]
        public static partial void Failed(ILogger logger, string reason, Exception exception);

        [LoggerMessage(2002, LogLevel.Information, "Entries of the audit log are chained again")]
        public static partial void Again(ILogger logger);

        [LoggerMessage(2008, LogLevel.Error, "The audit log of tenant {Tenant} no longer holds entry {Sequence}, {Hash}, whose head was written last: it was cut off or written anew. No later head is written; run audit-verify")]
        public static partial void Lost(ILogger logger, string tenant, long sequence, string hash);
    }
}
