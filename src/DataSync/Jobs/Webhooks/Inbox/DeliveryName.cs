using System.Buffers.Binary;
using System.Text;
using DataSync.Platform.Http.Security;

namespace DataSync.Jobs.Webhooks.Inbox;

/// <summary>What a delivery is known by.</summary>
/// <param name="TenantId">Whose source it was sent to.</param>
/// <param name="SourceId">The source.</param>
/// <param name="Id">Its id.</param>
/// <param name="OlderIds">The ids it has if it was taken in under an older master key.</param>
/// <param name="WebhookId">The sender's own id.</param>
internal sealed record DeliveryName(string TenantId, string SourceId, Guid Id, IReadOnlyList<Guid> OlderIds, string? WebhookId);

/// <summary>Makes ids of deliveries: keyed hashes, so that who reads them cannot try out what was sent.</summary>
internal sealed class DeliveryNames(DerivedKeys keys)
{
    private readonly KeyedHash[] _keys = [.. keys.For("webhook-delivery/v1").Select(key => new KeyedHash(key))];

    /// <summary>The name of a delivery.</summary>
    /// <param name="tenantId">Whose source it was sent to.</param>
    /// <param name="sourceId">The source.</param>
    /// <param name="identity">What makes it this delivery and no other.</param>
    /// <param name="webhookId">The sender's own id.</param>
    public DeliveryName Of(string tenantId, string sourceId, ReadOnlySpan<byte> identity, string? webhookId)
    {
        var message = Message(tenantId, sourceId, identity);
        return new DeliveryName(tenantId, sourceId, IdOf(_keys[0], message), _keys.Length == 1 ? [] : [.. _keys.Skip(1).Select(key => IdOf(key, message))], webhookId);
    }

    /// <summary>Each part behind its length, so that no two deliveries are the same bytes.</summary>
    private static byte[] Message(string tenantId, string sourceId, ReadOnlySpan<byte> identity)
    {
        var (tenant, source) = (Encoding.UTF8.GetByteCount(tenantId), Encoding.UTF8.GetByteCount(sourceId));
        var message = new byte[8 + tenant + source + identity.Length];
        BinaryPrimitives.WriteInt32BigEndian(message, tenant);
        Encoding.UTF8.GetBytes(tenantId, message.AsSpan(4));
        BinaryPrimitives.WriteInt32BigEndian(message.AsSpan(4 + tenant), source);
        Encoding.UTF8.GetBytes(sourceId, message.AsSpan(8 + tenant));
        identity.CopyTo(message.AsSpan(8 + tenant + source));
        return message;
    }

    /// <summary>A UUID of version 8: 122 bits of the hash.</summary>
    private static Guid IdOf(KeyedHash key, byte[] message)
    {
        Span<byte> hash = stackalloc byte[KeyedHash.Bytes];
        key.Compute([], message, [], hash);
        hash[6] = (byte)((hash[6] & 0x0f) | 0x80);
        hash[8] = (byte)((hash[8] & 0x3f) | 0x80);
        return new Guid(hash[..16], bigEndian: true);
    }
}
