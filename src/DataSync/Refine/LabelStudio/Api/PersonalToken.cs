using System.Buffers.Text;
using System.Text.Json;

namespace DataSync.Refine.LabelStudio.Api;

/// <summary>Tells the two kinds of keys apart as Label Studio's own clients do: what decodes as a JWT is a personal access token, all else a legacy token.</summary>
internal static class PersonalToken
{
    /// <summary>True for three parts in base64url of which the first two are JSON objects.</summary>
    public static bool Is(string key) => Parts(key) is [var head, var claims] && head.ValueKind == JsonValueKind.Object && claims.ValueKind == JsonValueKind.Object;

    /// <summary>When a token ends; null where it does not say so.</summary>
    public static DateTimeOffset? EndOf(string token)
        => Parts(token) is [_, { ValueKind: JsonValueKind.Object } claims] && claims.TryGetProperty("exp", out var exp) && exp.ValueKind == JsonValueKind.Number
            && exp.TryGetDouble(out var seconds) && seconds is > 0 and < 253_402_300_799
            ? DateTimeOffset.UnixEpoch.AddSeconds(seconds)
            : null;

    private static JsonElement[]? Parts(string token)
    {
        var parts = token.Split('.');
        if (parts.Length != 3) return null;
        try
        {
            return [.. parts.Take(2).Select(p => JsonElement.Parse(Base64Url.DecodeFromChars(p)))];
        }
        catch (Exception e) when (e is FormatException or JsonException)
        {
            return null;
        }
    }
}
