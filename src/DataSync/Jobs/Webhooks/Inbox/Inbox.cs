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
    /// Stores a delivery and returns its id once it is on disk; a repeat is stored as little as it is forgotten. Throws where there is no room, or the database
    /// does not answer: then nothing is acknowledged. Waits for the commit even if the sender hangs up: the payload's memory is in use until then.
    /// </summary>
    public async Task<Guid> StoreAsync(InboxEntry entry)
    {
        Enter(entry.Name.TenantId);
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

    private void Enter(string tenant)
    {
        lock (_gate)
        {
            var own = _byTenant.GetValueOrDefault(tenant);
            if (_count >= options.MaxWaiting) throw new SyncFailureException(WebhookFailure.Busy);
            if (own >= Math.Max(1, options.MaxWaiting / 2)) throw new SyncFailureException(WebhookFailure.TenantBusy);
            _count++;
            _byTenant[tenant] = own + 1;
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
