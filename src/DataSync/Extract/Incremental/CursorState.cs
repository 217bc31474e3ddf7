using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text.Json;
using DataSync.Extract.Incremental.Gaps;
using DataSync.Pipeline.Connectors;

namespace DataSync.Extract.Incremental;

/// <summary>How far incremental syncs by a column that grows have come. Its JSON form is stored as the source's state. It holds values of the cursor and keyed hashes, nothing else of a record.</summary>
internal sealed record CursorState
{
    private static readonly JsonSerializerOptions Json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    /// <summary>Always <c>cursor</c>.</summary>
    public string Kind { get; init; } = "cursor";

    /// <summary>Names what is read: the state of one query is of no use to another.</summary>
    public required string Fingerprint { get; init; }

    /// <summary>The column.</summary>
    public required string Field { get; init; }

    /// <summary>The least value that the next sync reads; null for all.</summary>
    public JsonElement? Cursor { get; init; }

    /// <summary>The greatest value read so far.</summary>
    public JsonElement? Last { get; init; }

    /// <summary>Records from <see cref="Cursor"/> on that were delivered: 16 bytes of a keyed hash each, one after the other.</summary>
    public byte[] Hashes { get; init; } = [];

    /// <summary>Delivered records whose column is null, or of an API has a value without a place beside the others, likewise.</summary>
    public byte[] Nulls { get; init; } = [];

    /// <summary>Which key made the hashes.</summary>
    public string? KeyId { get; init; }

    /// <summary>What the connector plans the next reading from, where it plans.</summary>
    public JsonElement? Plan { get; init; }

    /// <summary>What the next check for gaps needs; null where it goes back no further than its sync's own window.</summary>
    public GapState? Gap { get; init; }

    public JsonElement ToJson() => JsonSerializer.SerializeToElement(this, Json);

    /// <summary>Reads what <see cref="ToJson"/> wrote; null where it is another kind of state.</summary>
    public static CursorState? Read(JsonElement stored)
    {
        try
        {
            return stored.Deserialize<CursorState>(Json) is { Kind: "cursor" } state ? state : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>Names what a request reads by which column.</summary>
    public static string FingerprintOf(ReadRequest request, string field)
    {
        var parameters = request.Parameters.OrderBy(p => p.Key, StringComparer.Ordinal).SelectMany(p => new[] { p.Key, p.Value.GetRawText() });
        string[] parts = [request.Table ?? "", request.Query ?? "", field, Extraction(request.Extraction), .. parameters];
        return Convert.ToHexStringLower(SHA256.HashData(JsonSerializer.SerializeToUtf8Bytes(parts)).AsSpan(0, 16));
    }

    /// <summary>Hashes one after the other.</summary>
    public static byte[] Pack(IEnumerable<UInt128> hashes)
    {
        var packed = new List<byte>();
        Span<byte> one = stackalloc byte[16];
        foreach (var hash in hashes)
        {
            BinaryPrimitives.WriteUInt128BigEndian(one, hash);
            packed.AddRange(one);
        }

        return [.. packed];
    }

    /// <summary>The hashes of <see cref="Pack"/>, and how often each is there.</summary>
    public static Dictionary<UInt128, int> Unpack(ReadOnlySpan<byte> packed)
    {
        var hashes = new Dictionary<UInt128, int>(packed.Length / 16);
        for (; packed.Length >= 16; packed = packed[16..])
        {
            var hash = BinaryPrimitives.ReadUInt128BigEndian(packed);
            hashes[hash] = hashes.GetValueOrDefault(hash) + 1;
        }

        return hashes;
    }

    /// <summary>What of an API's parameters decides which records there are.</summary>
    private static string Extraction(JsonElement given) => given.ValueKind != JsonValueKind.Object ? "" : string.Join(
        '\n', given.EnumerateObject().Where(m => m.Name is "path" or "query" or "records_path" or "cursor_param" or "cursor_order").OrderBy(m => m.Name, StringComparer.Ordinal).Select(m => m.Name + m.Value.GetRawText()));
}
