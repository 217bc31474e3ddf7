using DataSync.Platform.Encryption;
using DataSync.Platform.Tenancy;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;

namespace DataSync.Alerts.Channels;

/// <summary>Moves channels' targets to a new data key, one channel a transaction, while they are used.</summary>
internal sealed partial class SealedChannels(TenantDatabase database, ChannelStore store, ILogger<SealedChannels> logger) : ISealedStore
{
    public Task<ResealOutcome> ResealAsync(string tenantId, int keyId, CancellationToken ct)
        => database.EachAsync(tenantId, t => t.Db.Set<AlertChannel>().Select(c => c.ChannelId).ToListAsync(ct), (t, channel) => MoveAsync(t, channel, keyId, ct), ct);

    public async Task<IReadOnlySet<int>> KeysInUseAsync(TenantTransaction transaction, CancellationToken ct)
        => DataKey.KeyIdsOf(await transaction.Db.Set<AlertChannel>().Select(c => c.Target).ToListAsync(ct));

    /// <summary>True if moved, false if it does not open, null if there was nothing to do.</summary>
    private async Task<bool?> MoveAsync(TenantTransaction transaction, string channel, int keyId, CancellationToken ct)
    {
        var row = await transaction.Db.Set<AlertChannel>().FromSql($"SELECT * FROM alert_channels WHERE channel_id = {channel} FOR UPDATE").SingleOrDefaultAsync(ct);
        if (row is null || (DataKey.TryReadKeyId(row.Target, out var id) && id >= keyId)) return null;
        if (await store.OpenAsync(transaction, row, ct) is not { } target)
        {
            Log.Unreadable(logger);
            return false;
        }

        await store.SealAsync(transaction, row, target, ct);
        await transaction.Db.SaveChangesAsync(ct);
        return true;
    }

    private static partial class Log
    {
        [LoggerMessage(1904, LogLevel.Error, "The target of a tenant's channel does not open and stays under its old data key, which is kept")]
        public static partial void Unreadable(ILogger logger);
    }
}
