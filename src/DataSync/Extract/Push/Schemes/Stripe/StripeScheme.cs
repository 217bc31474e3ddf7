using System.Buffers;
using System.Text;
using System.Text.Json;
using DataSync.Extract.Push.Signatures;
using DataSync.Pipeline.Push;

namespace DataSync.Extract.Push.Schemes.Stripe;

/// <summary>Stripe: <c>t=…,v1=…</c>, several <c>v1</c> while a secret is rolled, over <c>t.body</c>. A delivery has no id of its own.</summary>
internal sealed class StripeScheme : ISignatureScheme
{
    private static readonly SearchValues<char> Comma = SearchValues.Create(",");

    public string Name => "stripe";

    public bool IsTimed(JsonElement connectionParams) => true;

    public byte[] KeyOf(string secret, JsonElement connectionParams) => Encoding.UTF8.GetBytes(secret);

    public ReadClaim Reader(JsonElement connectionParams) => Read;

    private static SignatureClaim Read(PushRequest request)
    {
        var header = request.Header("Stripe-Signature");
        if (SignatureText.Only(header, Comma, "t=") is not { } time || SignatureText.Unix(time) is not { } signed) return SignatureClaim.None;
        return new SignatureClaim
        {
            Signatures = SignatureText.List(header, Comma, "v1=", text => SignatureText.Hex(text)),
            Prefix = SignatureText.Bytes($"{time}."),
            SignedAt = signed,
        };
    }
}
