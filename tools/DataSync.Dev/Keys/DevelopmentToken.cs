using System.Buffers;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using DataSync.Dev.Commands;
using DataSync.LocalPostgres.Secrets;

namespace DataSync.Dev.Keys;

/// <summary>Signs development tokens: RFC 9068 in shape, HS256, good for a working day.</summary>
sealed class DevelopmentToken(DevelopmentKeys keys, TimeProvider time)
{
    static readonly TimeSpan Lifetime = TimeSpan.FromHours(12);

    public string Issue(TokenCommand asked)
    {
        var now = time.GetUtcNow();
        var signed = Part(writer =>
        {
            writer.WriteString("alg", "HS256");
            writer.WriteString("typ", "at+jwt");
        }) + '.' + Part(writer =>
        {
            writer.WriteString("iss", Setting("DATASYNC_JWT_ISSUER", "datasync-development"));
            writer.WriteString("aud", Setting("DATASYNC_JWT_AUDIENCE", "datasync"));
            writer.WriteString("sub", "developer");
            writer.WriteString("client_id", "dev");
            writer.WriteString("jti", Guid.CreateVersion7(now).ToString());
            writer.WriteString("tenant_id", asked.Tenant);
            writer.WriteString("scope", asked.Scope);
            if (asked.Language is not null) writer.WriteString("language", asked.Language);
            writer.WriteNumber("iat", now.ToUnixTimeSeconds());
            writer.WriteNumber("exp", (now + Lifetime).ToUnixTimeSeconds());
        });
        return signed + '.' + Base64Url.EncodeToString(HMACSHA256.HashData(Convert.FromBase64String(keys.TokenKey), Encoding.ASCII.GetBytes(signed)));
    }

    static string Setting(string name, string otherwise) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } given ? given : otherwise;

    static string Part(Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            writer.WriteStartObject();
            write(writer);
            writer.WriteEndObject();
        }
        return Base64Url.EncodeToString(buffer.WrittenSpan);
    }
}
