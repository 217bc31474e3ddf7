using System.Text.Json;
using DataSync.Platform.Encryption;
using DataSync.Platform.Tenancy;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;

namespace DataSync.Sources;

/// <summary>Moves the credentials of a tenant's sources to a new data key, one source a transaction, while they are read and written.</summary>
internal sealed partial class SealedSources(TenantDatabase database, CredentialOpener opener, ILogger<SealedSources> logger) : ISealedStore
{
    public Task<ResealOutcome> ResealAsync(string tenantId, int keyId, CancellationToken ct)
        => database.EachAsync(tenantId, t => t.Db.Set<DataSourceConfig>().Select(s => s.SourceId).ToListAsync(ct), (t, source) => MoveAsync(t, source, keyId, ct), ct);

    public async Task<IReadOnlySet<int>> KeysInUseAsync(TenantTransaction transaction, CancellationToken ct)
    {
        HashSet<int> keys = [];
        await foreach (var text in transaction.Db.Set<DataSourceConfig>().Select(s => s.ConnectionParams).AsAsyncEnumerable().WithCancellation(ct))
        {
            using var stored = JsonDocument.Parse(text);
            keys.UnionWith(SourceCredentials.KeyIds(stored.RootElement));
        }

        return keys;
    }

    /// <summary>True if moved, false if it does not open, null if there was nothing to do.</summary>
    private async Task<bool?> MoveAsync(TenantTransaction transaction, string sourceId, int keyId, CancellationToken ct)
    {
        if (await SourceRows.LockAsync(transaction, sourceId, ct) is not { } source) return null;
        using (var stored = JsonDocument.Parse(source.ConnectionParams))
        {
            if (SourceCredentials.KeyIds(stored.RootElement).All(id => id >= keyId)) return null;
        }

        if (await opener.ResealAsync(transaction, source, ct) is not { } moved)
        {
            Log.Unreadable(logger);
            return false;
        }

        // The version stays: to the tenant nothing has changed.
        source.ConnectionParams = moved;
        await transaction.Db.SaveChangesAsync(ct);
        return true;
    }

    private static partial class Log
    {
        [LoggerMessage(1111, LogLevel.Error, "Credentials of a source do not open and stay under their old data key, which is kept")]
        public static partial void Unreadable(ILogger logger);
    }
}
