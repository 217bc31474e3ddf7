using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace DataSync.Faults.Running;

/// <summary>The token that the rig and the benchmarks call their own API with.</summary>
internal static class DevelopmentToken
{
    public static string Issue(byte[] key, string tenant)
    {
        var now = TimeProvider.System.GetUtcNow();
        var claims = new
        {
            iss = "datasync-development",
            aud = "datasync",
            sub = "bench",
            client_id = "bench",
            jti = $"{Guid.CreateVersion7(now)}",
            tenant_id = tenant,
            scope = "sources.write sync.read sync.write privacy operator",
            iat = now.ToUnixTimeSeconds(),
            exp = now.AddHours(12).ToUnixTimeSeconds(),
        };
        var text = Part(new { alg = "HS256", typ = "at+jwt" }) + "." + Part(claims);
        return text + "." + Base64Url.EncodeToString(HMACSHA256.HashData(key, Encoding.ASCII.GetBytes(text)));
    }

    private static string Part(object value) => Base64Url.EncodeToString(JsonSerializer.SerializeToUtf8Bytes(value));
}
