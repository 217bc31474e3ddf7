using System.Threading.Channels;
using DataSync.Pipeline.Failures;

namespace DataSync.Jobs.Webhooks.Inbox;

/// <summary>Where deliveries wait for their commit: a bounded number, of which no tenant has more than half. Beyond it a sender is told at once, so that nobody waits long.</summary>
internal sealed class Inbox(WebhookOptions options)
{
    private readonly Channel<InboxEntry> _waiting = Channel.CreateUnbounded<InboxEntry>();
    private readonly Dictionary<string, int> _byTenant = new(StringComparer.Ordinal);
    private readonly Lock _gate = new();
    private int _count;

    public ChannelReader<InboxEntry> Reader => _waiting.Reader;

    /// <summary>
    /// Stores a delivery; it is on disk once the answer has an id, and a repeat is stored as little as it is forgotten. Where there is no room, or the database does not answer,
    /// nothing is acknowledged. Waits for the commit even if the sender hangs up: the payload's memory is in use until then.
    /// </summary>
    public async ValueTask<StoredDelivery> StoreAsync(InboxEntry entry)
    {
        if (Enter(entry.Name.TenantId) is { } full) return StoredDelivery.Not(full);
        try
        {
            _waiting.Writer.TryWrite(entry);
            return await entry.Stored;
        }
        finally
        {
            Leave(entry.Name.TenantId);
        }
    }

    /// <summary>Null where there is a place, which is taken from here on.</summary>
    private SyncFailure? Enter(string tenant)
    {
        lock (_gate)
        {
            if (_count >= options.MaxWaiting) return WebhookFailure.Busy;
            var own = _byTenant.GetValueOrDefault(tenant);
            if (own >= Math.Max(1, options.MaxWaiting / 2)) return WebhookFailure.TenantBusy;
            _count++;
            _byTenant[tenant] = own + 1;
            return null;
        }
    }

    private void Leave(string tenant)
    {
        lock (_gate)
        {
            _count--;
            if (_byTenant[tenant] == 1) _byTenant.Remove(tenant);
            else _byTenant[tenant]--;
        }
    }
}
