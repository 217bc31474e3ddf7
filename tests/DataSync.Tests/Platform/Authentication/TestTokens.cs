using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace DataSync.Tests.Platform.Authentication;

/// <summary>Makes tokens by hand, so that wrong ones can be made too.</summary>
public static class TestTokens
{
    public const string Header = """{"alg":"HS256","typ":"at+jwt"}""";

    public static byte[] Key { get; } = [.. Enumerable.Range(1, 32).Select(i => (byte)i)];

    public static string Payload(DateTimeOffset now, string tenant = "demo", string scope = "sync.read", string? language = null)
    {
        var claims = new Dictionary<string, object>(StringComparer.Ordinal)
        {
            ["iss"] = "datasync-development",
            ["aud"] = "datasync",
            ["sub"] = "alice",
            ["tenant_id"] = tenant,
            ["scope"] = scope,
            ["iat"] = now.ToUnixTimeSeconds(),
            ["exp"] = now.AddHours(1).ToUnixTimeSeconds(),
        };
        if (language is not null) claims["language"] = language;
        return JsonSerializer.Serialize(claims);
    }

    public static string Sign(string payload, string header = Header, byte[]? key = null)
        => Sign(payload, header, text => HMACSHA256.HashData(key ?? Key, text));

    public static string Sign(string payload, string header, Func<byte[], byte[]> signature)
    {
        var text = $"{Base64Url.EncodeToString(Encoding.UTF8.GetBytes(header))}.{Base64Url.EncodeToString(Encoding.UTF8.GetBytes(payload))}";
        return $"{text}.{Base64Url.EncodeToString(signature(Encoding.ASCII.GetBytes(text)))}";
    }
}
