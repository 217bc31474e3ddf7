using System.Security.Cryptography;
using DataSync.Alerts.Channels.Webhook;
using DataSync.Pipeline.Failures;
using DataSync.Platform.Audit.Requests;
using DataSync.Platform.Encryption;
using DataSync.Platform.Tenancy;
using Microsoft.EntityFrameworkCore;

namespace DataSync.Alerts.Channels;

/// <summary>A tenant's channels in the database, their targets sealed.</summary>
internal sealed class ChannelStore(TenantDatabase database, TenantKeyring keyring, IEnumerable<IChannelSender> senders, TimeProvider time)
{
    private const int Tries = 3;
    private readonly Dictionary<string, IChannelSender> _senders = senders.ToDictionary(s => s.Kind, StringComparer.Ordinal);

    /// <summary>The same over connections kept apart, for who tells that the pool is exhausted.</summary>
    public ChannelStore Apart() => new(database.Apart(), keyring, senders, time);

    public IChannelSender SenderOf(string kind) => _senders[kind];

    /// <summary>Up to <paramref name="count"/> channels by their ids, after one.</summary>
    public Task<List<AlertChannel>> ListAsync(string tenantId, string after, int count, CancellationToken ct) => database.RunAsync(
        tenantId, t => t.Db.Set<AlertChannel>().Where(c => string.Compare(c.ChannelId, after) > 0).OrderBy(c => c.ChannelId).Take(count).AsNoTracking().ToListAsync(ct), ct);

    /// <summary>The channel, or null. Its target is sealed.</summary>
    public Task<AlertChannel?> FindAsync(string tenantId, string channel, CancellationToken ct)
        => database.RunAsync(tenantId, t => t.Db.Set<AlertChannel>().AsNoTracking().SingleOrDefaultAsync(c => c.ChannelId == channel, ct), ct);

    /// <summary>Makes or replaces the channel; also the secret, where one was made.</summary>
    public Task<(AlertChannel Channel, string? NewSecret)> ReplaceAsync(string tenantId, string channel, ChannelBody body, string by, CancellationToken ct) => database.ChangeAsync(tenantId, async transaction =>
    {
        var stored = await transaction.Db.Set<AlertChannel>().FromSql($"SELECT * FROM alert_channels WHERE channel_id = {channel} FOR UPDATE").SingleOrDefaultAsync(ct);
        var (target, made) = Complete(body, stored?.Kind == body.Kind ? await OpenAsync(transaction, stored, ct) : null);
        var sender = SenderOf(body.Kind);
        if (sender.Check(target).ToList() is { Count: > 0 } faults) throw new SyncFailureException(SyncFailure.Permanent("errors.request.invalid")) { Faults = faults };
        var now = time.GetUtcNow();
        if (stored is null)
        {
            if (await transaction.Db.Set<AlertChannel>().CountAsync(ct) >= AlertChannel.Most) throw new SyncFailureException(SyncFailure.Permanent("errors.alert.too_many", ("max", AlertChannel.Most)));
            stored = new AlertChannel { ChannelId = channel, Version = 0, CreatedBy = by, CreatedAt = now, TenantId = tenantId };
            transaction.Db.Add(stored);
        }

        (stored.Kind, stored.Host, stored.Events, stored.Language, stored.Enabled, stored.UpdatedAt) = (body.Kind, Cut(sender.HostOf(target)), [.. body.Events], body.Language, body.Enabled, now);
        stored.Version++;
        await SealAsync(transaction, stored, target, ct);
        await transaction.Db.SaveChangesAsync(ct);
        return (stored, made);
    }, _ => true, ct);

    /// <summary>Forgets the channel and what it was not told yet; false where there was none.</summary>
    public Task<bool> DeleteAsync(string tenantId, string channel, CancellationToken ct)
        => database.ChangeAsync(tenantId, async t => await t.Db.Set<AlertChannel>().Where(c => c.ChannelId == channel).ExecuteDeleteAsync(ct) > 0, deleted => deleted, ct);

    /// <summary>The channel with its target in the clear; null where there is no such channel. Fails where it does not open.</summary>
    public async Task<(AlertChannel Channel, ChannelTarget Target)?> OpenAsync(string tenantId, string channel, CancellationToken ct)
    {
        for (var i = 0; ; i++)
        {
            await using var transaction = await database.BeginAsync(tenantId, ct);
            var row = await transaction.Db.Set<AlertChannel>().AsNoTracking().SingleOrDefaultAsync(c => c.ChannelId == channel, ct);
            if (row is null) return null;

            // between the row and its key, the key may have been changed for a newer one
            if (await OpenAsync(transaction, row, ct) is { } target) return (row, target);
            if (i == Tries) throw new SyncFailureException(new SyncFailure(FailureKind.Critical, "errors.encryption.unreadable"));
        }
    }

    /// <summary>The target under the newest data key.</summary>
    public async Task SealAsync(TenantTransaction transaction, AlertChannel row, ChannelTarget target, CancellationToken ct)
    {
        using var sealing = await keyring.SealingKeyAsync(transaction, ct);
        var plain = target.ToJson();
        row.Target = sealing.Seal(plain, row.Place());
        CryptographicOperations.ZeroMemory(plain);
    }

    /// <summary>The target in the clear; null where it does not open.</summary>
    public async Task<ChannelTarget?> OpenAsync(TenantTransaction transaction, AlertChannel row, CancellationToken ct)
    {
        if (await keyring.OpenAsync(transaction, row.Target, row.Place(), ct) is not { } plain) return null;
        var target = ChannelTarget.Read(plain);
        CryptographicOperations.ZeroMemory(plain);
        return target;
    }

    /// <summary>Puts what is stored in the place of masks, and makes the secret that a new webhook has not brought along. A secret is kept for the address it was given for alone.</summary>
    private static (ChannelTarget Target, string? NewSecret) Complete(ChannelBody body, ChannelTarget? stored)
    {
        var (url, secret, recipients) = (body.Target.Url, body.Target.Secret, body.Target.Recipients);
        if (url == ChannelBody.Mask) url = stored?.Url;
        if (recipients is [ChannelBody.Mask]) recipients = stored?.Recipients;
        if (secret == ChannelBody.Mask) secret = stored is not null && stored.Url == url ? stored.Secret : null;
        if (body.Kind != "webhook" || secret is not null || body.Target.Secret is not null) return (new ChannelTarget(url, secret, recipients), null);
        var made = WebhookSender.NewSecret();
        return (new ChannelTarget(url, made, recipients), made);
    }

    private static string Cut(string host) => host.Length <= 255 ? host : host[..254] + "…";
}
