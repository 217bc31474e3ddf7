using System.Text;
using System.Text.Json;
using DataSync.Extract.Push.Signatures;
using DataSync.Pipeline.Push;

namespace DataSync.Extract.Push.Schemes.GitHub;

/// <summary>GitHub: the body's HMAC in hex, and an id that stays the same when a delivery is sent again. It has no time, so only the id tells a repeat.</summary>
internal sealed class GitHubScheme : ISignatureScheme
{
    private const string Prefix = "sha256=";

    public string Name => "github";

    public bool IsTimed(JsonElement connectionParams) => false;

    public byte[] KeyOf(string secret, JsonElement connectionParams) => Encoding.UTF8.GetBytes(secret);

    public ReadClaim Reader(JsonElement connectionParams) => Read;

    private static SignatureClaim Read(PushRequest request) => new()
    {
        Signatures = request.Header("X-Hub-Signature-256") is { } header && header.StartsWith(Prefix, StringComparison.Ordinal)
            && SignatureText.Hex(header.AsSpan(Prefix.Length)) is { } signature ? [signature] : [],
        Id = SignatureText.Id(request.Header("X-GitHub-Delivery")),
    };
}
