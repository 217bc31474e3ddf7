using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using DataSync.Platform.Encryption;

namespace DataSync.Sources;

/// <summary>
/// The forms of <c>connection_params</c>: as sent, as stored (each secret as <c>{"$sealed": base64}</c>) and as shown (each secret as <c>***</c>).
/// What is not secret stays byte for byte as it was sent, and every seal is bound to it: a stored password opens only beside the host it was saved with.
/// </summary>
internal static class SourceCredentials
{
    /// <summary>How a secret is shown; sent back, it keeps the stored one.</summary>
    public const string Mask = "***";

    private const string Marker = "$sealed";
    private static readonly JsonWriterOptions Exact = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    /// <summary>The stored form. A secret that is null is none.</summary>
    public static string Seal(JsonElement sent, IReadOnlySet<string> secrets, DataKey key, SourceVersion version)
    {
        bool IsSecret(JsonProperty member) => secrets.Contains(member.Name) && member.Value.ValueKind != JsonValueKind.Null;
        var binding = Binding(sent, IsSecret);
        return Text(Rewrite(sent, (json, member) =>
        {
            if (!IsSecret(member)) return false;
            WriteSealed(json, Encoding.UTF8.GetBytes(member.Value.GetRawText()), key, version.Place(member.Name, binding));
            return true;
        }));
    }

    /// <summary>The form with the secrets in the clear; false where a secret does not open, or stands there unsealed.</summary>
    /// <param name="stored">The stored form.</param>
    /// <param name="secrets">Members that must be sealed.</param>
    /// <param name="keys">The keys of <see cref="KeyIds"/>.</param>
    /// <param name="version">Whose it is.</param>
    /// <param name="opened">The outcome.</param>
    public static bool TryOpen(
        JsonElement stored, IReadOnlySet<string> secrets, IReadOnlyDictionary<int, DataKey> keys, SourceVersion version, out JsonElement opened)
    {
        var binding = Binding(stored, IsSealed);
        var sound = true;
        var clear = Rewrite(stored, (json, member) =>
        {
            if (!IsSealed(member))
            {
                sound &= member.Value.ValueKind == JsonValueKind.Null || !secrets.Contains(member.Name);
                return false;
            }

            if (!TryOpen(member.Value, keys, version.Place(member.Name, binding), out var plain))
            {
                sound = false;
                return false;
            }

            json.WriteRawValue(plain, skipInputValidation: true);
            CryptographicOperations.ZeroMemory(plain);
            return true;
        });
        opened = sound ? JsonDocument.Parse(clear).RootElement : default;
        return sound;
    }

    /// <summary>The stored form under a newer key; false where a secret does not open.</summary>
    public static bool TryReseal(
        JsonElement stored, IReadOnlyDictionary<int, DataKey> keys, DataKey key, SourceVersion version, [NotNullWhen(true)] out string? moved)
    {
        var binding = Binding(stored, IsSealed);
        var sound = true;
        var text = Rewrite(stored, (json, member) =>
        {
            if (!IsSealed(member)) return false;
            var place = version.Place(member.Name, binding);
            if (!TryOpen(member.Value, keys, place, out var plain)) return sound = false;
            WriteSealed(json, plain, key, place);
            return true;
        });
        moved = sound ? Text(text) : null;
        return sound;
    }

    /// <summary>The form that is shown. Whatever is sealed is hidden, and so is what should have been.</summary>
    public static JsonElement Masked(JsonElement stored, IReadOnlySet<string>? secrets)
        => JsonDocument.Parse(Rewrite(stored, (json, member) =>
        {
            var hidden = IsSealed(member) || (member.Value.ValueKind != JsonValueKind.Null && secrets?.Contains(member.Name) != false && member.Name != "driver");
            if (hidden) json.WriteStringValue(Mask);
            return hidden;
        })).RootElement;

    /// <summary>What was sent, with each kept secret from what is stored (in the clear). Names the members that keep what is not there.</summary>
    public static JsonElement Keep(JsonElement sent, IReadOnlySet<string> secrets, JsonElement stored, ICollection<string> missing)
        => JsonDocument.Parse(Rewrite(sent, (json, member) =>
        {
            if (!secrets.Contains(member.Name) || !IsMask(member.Value)) return false;
            if (stored.ValueKind != JsonValueKind.Object || !stored.TryGetProperty(member.Name, out var kept) || kept.ValueKind == JsonValueKind.Null)
            {
                missing.Add(member.Name);
                return false;
            }

            json.WriteRawValue(kept.GetRawText(), skipInputValidation: true);
            return true;
        })).RootElement;

    /// <summary>The secret members that are to be kept as they are stored.</summary>
    public static IEnumerable<string> Kept(JsonElement sent, IReadOnlySet<string> secrets)
        => sent.EnumerateObject().Where(m => secrets.Contains(m.Name) && IsMask(m.Value)).Select(m => m.Name);

    public static bool IsMask(JsonElement value) => value.ValueKind == JsonValueKind.String && value.ValueEquals(Mask);

    /// <summary>True for what only we may write.</summary>
    public static bool LooksSealed(JsonElement value) => value.ValueKind == JsonValueKind.Object && value.TryGetProperty(Marker, out _);

    /// <summary>The data keys that seal something in here.</summary>
    public static IReadOnlySet<int> KeyIds(JsonElement stored)
    {
        HashSet<int> ids = [];
        foreach (var member in stored.EnumerateObject())
        {
            if (IsSealed(member) && member.Value.GetProperty(Marker).TryGetBytesFromBase64(out var value) && DataKey.TryReadKeyId(value, out var id)) ids.Add(id);
        }

        return ids;
    }

    private static bool IsSealed(JsonProperty member) => LooksSealed(member.Value);

    private static bool TryOpen(JsonElement value, IReadOnlyDictionary<int, DataKey> keys, SealedPlace place, [NotNullWhen(true)] out byte[]? plain)
    {
        plain = null;
        var marked = value.GetProperty(Marker);
        return marked.ValueKind == JsonValueKind.String && marked.TryGetBytesFromBase64(out var bytes)
            && DataKey.TryReadKeyId(bytes, out var id) && keys.TryGetValue(id, out var key) && key.TryOpen(bytes, place, out plain);
    }

    private static void WriteSealed(Utf8JsonWriter json, byte[] plain, DataKey key, SealedPlace place)
    {
        json.WriteStartObject();
        json.WriteBase64String(Marker, key.Seal(plain, place));
        json.WriteEndObject();
        CryptographicOperations.ZeroMemory(plain);
    }

    /// <summary>A digest of everything that is not secret, and of which members are.</summary>
    private static string Binding(JsonElement connectionParams, Func<JsonProperty, bool> isSecret)
    {
        List<string> parts = [];
        foreach (var member in connectionParams.EnumerateObject())
        {
            parts.Add(member.Name);
            parts.Add(isSecret(member) ? "" : member.Value.GetRawText());
        }

        return Convert.ToHexStringLower(SHA256.HashData(AssociatedData.Of("datasync:connection-params:v1", [.. parts])));
    }

    /// <summary>Copies the object; <paramref name="write"/> may write a member's value in place of the copy.</summary>
    private static ReadOnlyMemory<byte> Rewrite(JsonElement source, Func<Utf8JsonWriter, JsonProperty, bool> write)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using var json = new Utf8JsonWriter(buffer, Exact);
        json.WriteStartObject();
        foreach (var member in source.EnumerateObject())
        {
            json.WritePropertyName(member.Name);
            if (!write(json, member)) json.WriteRawValue(member.Value.GetRawText(), skipInputValidation: true);
        }

        json.WriteEndObject();
        json.Flush();
        return buffer.WrittenMemory;
    }

    private static string Text(ReadOnlyMemory<byte> json) => Encoding.UTF8.GetString(json.Span);
}

/// <summary>A version of a tenant's source: what a sealed credential belongs to.</summary>
internal readonly record struct SourceVersion(string TenantId, string SourceId, int Version)
{
    public static SourceVersion Of(DataSourceConfig source) => new(source.TenantId, source.SourceId, source.Version);

    public SealedPlace Place(string field, string binding) => new(TenantId, "source", SourceId, field, Version, binding);
}
