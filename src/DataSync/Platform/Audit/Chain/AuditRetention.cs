using DataSync.Platform.Persistence;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace DataSync.Platform.Audit.Chain;

/// <summary>
/// Shortens chains whose beginning has had its time, up to the last head of a day that is known outside the database: that head is written there as the chain's new beginning first, so that a chain which
/// begins anywhere else is seen. What no head outside the database stands for stays, and so does the last entry. A tenant's days are its own where its retention has some for its audit log, and else the installation's.
/// </summary>
internal sealed partial class AuditRetention(DataSources sources, AuditAnchors anchors, AuditOptions options, TimeProvider time, ILogger<AuditRetention> logger) : HourlySweeper(sources, time)
{
    private const string IsLast = "SELECT NOT EXISTS (SELECT 1 FROM audit_log WHERE tenant_id = $1 AND sequence > $2)";
    private const string Prune = "SELECT public.prune_audit_entries($1, $2, $3)";

    private readonly TimeProvider _time = time;
    private Reading[] _readings = [];

    /// <summary>Does it now, day by day, each tenant's day in its own transaction; returns how many entries went.</summary>
    public async Task<long> SweepAsync(CancellationToken ct)
    {
        if (options.Anchors is null) return 0;
        await ArrangeAsync(ct);
        if (_readings.Length == 0) return 0;
        var pruned = 0L;
        var begun = await anchors.BeginningsAsync(ct);
        foreach (var reading in _readings)
        {
            var kept = DateOnly.FromDateTime(_time.GetUtcNow().UtcDateTime.AddDays(-reading.Days));
            foreach (var (day, path) in anchors.Days().Where(d => d.Day > reading.Through && d.Day < kept))
            {
                await AuditAnchors.FurthestAsync(path, reading.Due, ct);
                foreach (var tenant in reading.Due.Keys.Where(t => !reading.Concerns(t)).ToList()) reading.Due.Remove(tenant);
                pruned += await PruneAsync(reading.Due, begun, ct);
                reading.Through = day;
            }

            pruned += await PruneAsync(reading.Due, begun, ct);
        }

        return pruned;
    }

    /// <summary>A reading of the heads for those who share their days, and one for all others. One whose tenants are others than before begins with the oldest day.</summary>
    private async Task ArrangeAsync(CancellationToken ct)
    {
        List<(string Tenant, int Days)> own = [];
        await using (var read = Sources.System.CreateCommand("SELECT tenant_id, days FROM retention WHERE kind = 'audit'"))
        await using (var rows = await read.ExecuteReaderAsync(ct))
        {
            while (await rows.ReadAsync(ct)) own.Add((rows.GetString(0), Math.Max(rows.GetInt32(1), options.LeastDays)));
        }

        List<Reading> wanted = [.. own.GroupBy(o => o.Days, o => o.Tenant).Select(o => new Reading(o.Key, o.ToHashSet(StringComparer.Ordinal), IsOfAllOthers: false))];
        if (options.KeepDays > 0) wanted.Add(new Reading(options.KeepDays, own.Select(o => o.Tenant).ToHashSet(StringComparer.Ordinal), IsOfAllOthers: true));
        _readings = [.. wanted.Select(w => Array.Find(_readings, r => r.IsLike(w)) ?? w)];
    }

    protected override async Task SweepAndTellAsync(CancellationToken ct)
    {
        try
        {
            if (await SweepAsync(ct) is > 0 and var pruned) Log.Pruned(logger, pruned);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Log.Failed(logger, e.GetType().Name);
        }
    }

    protected override void TellFailed(string? reason) => Log.Failed(logger, reason ?? "");

    private async Task<long> PruneAsync(Dictionary<string, AuditHead> due, ILookup<string, AuditHead> begun, CancellationToken ct)
    {
        var pruned = 0L;
        foreach (var head in due.Values.ToList())
        {
            if (!begun[head.TenantId].Any(b => b.Sequence >= head.Sequence))
            {
                if (await AskAsync<bool>(IsLast, head, ct)) continue;
                await anchors.WriteBeginningsAsync([head], ct);
                pruned += await AskAsync<long>(Prune, head, ct);
            }

            due.Remove(head.TenantId);
        }

        return pruned;
    }

    private async Task<T> AskAsync<T>(string sql, AuditHead head, CancellationToken ct)
    {
        await using var ask = Sources.System.CreateCommand(sql);
        ask.Parameters.Add(new NpgsqlParameter<string> { TypedValue = head.TenantId });
        ask.Parameters.Add(new NpgsqlParameter<long> { TypedValue = head.Sequence });
        ask.Parameters.Add(new NpgsqlParameter<byte[]> { TypedValue = head.Hash });
        return (T)(await ask.ExecuteScalarAsync(ct))!;
    }

    /// <summary>How far the heads of some tenants were read.</summary>
    /// <param name="Days">How long their entries are kept.</param>
    /// <param name="Tenants">They; or (<paramref name="IsOfAllOthers"/>) those that they are not.</param>
    /// <param name="IsOfAllOthers">Whether they are all but <paramref name="Tenants"/>.</param>
    private sealed record Reading(int Days, HashSet<string> Tenants, bool IsOfAllOthers)
    {
        /// <summary>The last heads of days that have had their time, of tenants whose last entry they still are.</summary>
        public Dictionary<string, AuditHead> Due { get; } = new(StringComparer.Ordinal);

        /// <summary>The last day that was read.</summary>
        public DateOnly Through { get; set; } = DateOnly.MinValue;

        public bool Concerns(string tenant) => Tenants.Contains(tenant) != IsOfAllOthers;

        public bool IsLike(Reading other) => Days == other.Days && IsOfAllOthers == other.IsOfAllOthers && Tenants.SetEquals(other.Tenants);
    }

    private static partial class Log
    {
        [LoggerMessage(2006, LogLevel.Information, "{Entries} entries of the audit log have had their time and were removed")]
        public static partial void Pruned(ILogger logger, long entries);

        [LoggerMessage(2007, LogLevel.Warning, "Entries of the audit log that have had their time could not be removed ({Reason}); tried again in an hour")]
        public static partial void Failed(ILogger logger, string reason);
    }
}
