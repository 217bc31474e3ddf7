using System.Buffers;
using System.Text.Json;
using DataSync.Extract.Push.Signatures;
using DataSync.Pipeline.Push;

namespace DataSync.Extract.Push.Schemes.StandardWebhooks;

/// <summary>Standard Webhooks 1.0, and Svix, whose headers are named otherwise: <c>id.timestamp.body</c> under a key of 24 to 64 bytes.</summary>
internal sealed class StandardWebhooksScheme : ISignatureScheme
{
    private const string SecretPrefix = "whsec_";
    private static readonly SearchValues<char> Blank = SearchValues.Create(" ");

    public string Name => "standard-webhooks";

    public bool IsTimed(JsonElement connectionParams) => true;

    public byte[]? KeyOf(string secret, JsonElement connectionParams)
    {
        var text = secret.StartsWith(SecretPrefix, StringComparison.Ordinal) ? secret[SecretPrefix.Length..] : secret;
        var key = new byte[64];
        return text.Length <= 88 && Convert.TryFromBase64String(text, key, out var length) && length >= 24 ? key[..length] : null;
    }

    public ReadClaim Reader(JsonElement connectionParams) => Read;

    private static SignatureClaim Read(PushRequest request)
    {
        var (id, time) = (SignatureText.Id(Header(request, "id")), Header(request, "timestamp"));

        // an id with a point could take from the time what is not its own
        if (id is null || id.Contains('.', StringComparison.Ordinal) || SignatureText.Unix(time) is not { } signed) return SignatureClaim.None;
        return new SignatureClaim
        {
            Signatures = SignatureText.List(Header(request, "signature"), Blank, "v1,", text => SignatureText.Base64(text)),
            Prefix = SignatureText.Bytes($"{id}.{time}."),
            SignedAt = signed,
            Id = id,
        };
    }

    private static string? Header(PushRequest request, string name) => request.Header("webhook-" + name) ?? request.Header("svix-" + name);
}
