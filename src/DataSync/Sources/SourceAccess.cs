using System.Collections.Concurrent;
using System.Data.Common;
using DataSync.Pipeline.Connectors;
using DataSync.Platform.Tenancy;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;

namespace DataSync.Sources;

/// <summary>
/// Keeps with each source what tests and readings find out about its login. To the tenant nothing changes by it: neither version nor cached copies. Where a
/// process finds the same again within a minute it writes nothing, so that many small syncs do not wear out the row.
/// </summary>
internal sealed partial class SourceAccess(TenantDatabase database, TimeProvider time, ILogger<SourceAccess> logger)
{
    private const int MostKnown = 10_000;
    private static readonly TimeSpan Fresh = TimeSpan.FromMinutes(1);
    private readonly ConcurrentDictionary<(string Tenant, string Source, int Version), AccessState> _known = new();

    /// <summary>Stores a finding about one version of a source; about another version it says nothing. What cannot be stored is logged and stops nobody.</summary>
    public async Task RecordAsync(string tenantId, string sourceId, int version, AccessReport report, CancellationToken ct)
    {
        var (key, found) = ((tenantId, sourceId, version), AccessState.Of(report, time.GetUtcNow()));
        if (_known.TryGetValue(key, out var before) && before.SaysAs(found) && found.CheckedAt - before.CheckedAt < Fresh) return;
        try
        {
            await using var transaction = await database.BeginAsync(tenantId, durable: false, ct);
            await transaction.Db.Database.ExecuteSqlAsync(
                $"UPDATE data_source_configs SET access = {found.ToJson()}::json WHERE source_id = {sourceId} AND version = {version}", ct);
            await transaction.CommitAsync(ct);
        }
        catch (DbException e)
        {
            Log.NotStored(logger, e);
            return;
        }

        if (_known.Count >= MostKnown) _known.Clear();
        _known[key] = found;
    }

    private static partial class Log
    {
        [LoggerMessage(1112, LogLevel.Warning, "What a source's login may do was found out and could not be stored; the next reading tries again")]
        public static partial void NotStored(ILogger logger, Exception e);
    }
}
