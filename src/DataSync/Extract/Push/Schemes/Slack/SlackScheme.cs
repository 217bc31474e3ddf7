using System.Text;
using System.Text.Json;
using DataSync.Extract.Push.Signatures;
using DataSync.Pipeline.Push;

namespace DataSync.Extract.Push.Schemes.Slack;

/// <summary>Slack: <c>v0:timestamp:body</c> in hex. Before it sends events, it asks with a challenge, which is signed as they are.</summary>
internal sealed class SlackScheme : ISignatureScheme
{
    private const string Prefix = "v0=";

    public string Name => "slack";

    public bool IsTimed(JsonElement connectionParams) => true;

    public byte[] KeyOf(string secret, JsonElement connectionParams) => Encoding.UTF8.GetBytes(secret);

    public ReadClaim Reader(JsonElement connectionParams) => Read;

    public ReadOnlyMemory<byte>? ReplyTo(ReadOnlyMemory<byte> body)
    {
        if (body.Length > 4096 || body.Span.IndexOf("url_verification"u8) < 0) return null;
        try
        {
            using var document = JsonDocument.Parse(body);
            return document.RootElement is { ValueKind: JsonValueKind.Object } asked
                && asked.TryGetProperty("type", out var type) && type.ValueKind == JsonValueKind.String && type.ValueEquals("url_verification")
                && asked.TryGetProperty("challenge", out var challenge) && challenge.ValueKind == JsonValueKind.String
                ? JsonSerializer.SerializeToUtf8Bytes(new Dictionary<string, JsonElement>(StringComparer.Ordinal) { ["challenge"] = challenge })
                : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static SignatureClaim Read(PushRequest request)
    {
        var time = request.Header("X-Slack-Request-Timestamp");
        if (SignatureText.Unix(time) is not { } signed) return SignatureClaim.None;
        return new SignatureClaim
        {
            Signatures = request.Header("X-Slack-Signature") is { } header && header.StartsWith(Prefix, StringComparison.Ordinal)
                && SignatureText.Hex(header.AsSpan(Prefix.Length)) is { } signature ? [signature] : [],
            Prefix = SignatureText.Bytes($"v0:{time}:"),
            SignedAt = signed,
        };
    }
}
