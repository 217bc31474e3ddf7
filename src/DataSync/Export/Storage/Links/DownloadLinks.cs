using System.Buffers.Binary;
using System.Text;
using DataSync.Platform.Http.Security;

namespace DataSync.Export.Storage.Links;

/// <summary>
/// Links that let whoever holds one fetch one file until it expires, and nothing else: tenant, job, name and expiry stand in the link, under an HMAC of a derived key.
/// Nothing is stored, so a link cannot be called back before its time.
/// </summary>
internal sealed class DownloadLinks(DerivedKeys keys, TimeProvider time)
{
    private const int HeadBytes = sizeof(long) + 16 + sizeof(int);
    private readonly SignedPayload _signed = new(keys.For("export-link/v1"));

    /// <summary>What stands in the address for a file.</summary>
    public string Sign(LinkedFile file)
    {
        var tenant = Encoding.UTF8.GetBytes(file.TenantId);
        var payload = new byte[HeadBytes + tenant.Length + Encoding.UTF8.GetByteCount(file.Name)];
        BinaryPrimitives.WriteInt64BigEndian(payload, file.ExpiresAt.ToUnixTimeSeconds());
        file.JobId.TryWriteBytes(payload.AsSpan(sizeof(long)), bigEndian: true, out _);
        BinaryPrimitives.WriteInt32BigEndian(payload.AsSpan(sizeof(long) + 16), tenant.Length);
        tenant.CopyTo(payload, HeadBytes);
        Encoding.UTF8.GetBytes(file.Name, payload.AsSpan(HeadBytes + tenant.Length));
        return _signed.Sign(payload, default);
    }

    /// <summary>The file of a link; null where we did not sign it, or not for now. Neither asks anything of the database or the storage: one hash is all that either costs.</summary>
    public LinkedFile? Open(string link)
    {
        if (_signed.Open(link, default) is not { } payload) return null;
        if (payload.Length < HeadBytes) return null;
        var expires = DateTimeOffset.FromUnixTimeSeconds(BinaryPrimitives.ReadInt64BigEndian(payload));
        if (expires <= time.GetUtcNow()) return null;
        var tenant = BinaryPrimitives.ReadInt32BigEndian(payload.AsSpan(sizeof(long) + 16));
        return new LinkedFile(
            Encoding.UTF8.GetString(payload, HeadBytes, tenant), new Guid(payload.AsSpan(sizeof(long), 16), bigEndian: true), Encoding.UTF8.GetString(payload.AsSpan(HeadBytes + tenant)), expires);
    }
}

/// <summary>A file, and until when a link to it holds.</summary>
internal sealed record LinkedFile(string TenantId, Guid JobId, string Name, DateTimeOffset ExpiresAt);
