using System.Text;
using System.Text.Json;
using DataSync.Platform.Http.Security;

namespace DataSync.Platform.Http.Paging;

/// <summary>Cursors: where a list was left, signed, and bound to its tenant and list so that one cannot be used on another.</summary>
internal sealed class CursorCodec(DerivedKeys keys)
{
    private readonly SignedPayload _signed = new(keys.For("cursor/v1"));

    public string Write(string tenant, string list, IReadOnlyList<string> position)
        => _signed.Sign(JsonSerializer.SerializeToUtf8Bytes(position), Context(tenant, list));

    /// <summary>The position, or null if this is no cursor of this tenant's list.</summary>
    public IReadOnlyList<string>? Read(string tenant, string list, string cursor)
        => _signed.Open(cursor, Context(tenant, list)) is { } payload ? JsonSerializer.Deserialize<string[]>(payload) : null;

    private static byte[] Context(string tenant, string list) => Encoding.UTF8.GetBytes(JsonSerializer.Serialize(new[] { list, tenant }));
}
