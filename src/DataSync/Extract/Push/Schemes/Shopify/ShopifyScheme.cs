using System.Text;
using System.Text.Json;
using DataSync.Extract.Push.Signatures;
using DataSync.Pipeline.Push;

namespace DataSync.Extract.Push.Schemes.Shopify;

/// <summary>Shopify: the body's HMAC in base64, and an id that stays the same when a delivery is sent again.</summary>
internal sealed class ShopifyScheme : ISignatureScheme
{
    public string Name => "shopify";

    public bool IsTimed(JsonElement connectionParams) => false;

    public byte[] KeyOf(string secret, JsonElement connectionParams) => Encoding.UTF8.GetBytes(secret);

    public ReadClaim Reader(JsonElement connectionParams) => Read;

    private static SignatureClaim Read(PushRequest request) => new()
    {
        Signatures = request.Header("X-Shopify-Hmac-Sha256") is { } header && SignatureText.Base64(header) is { } signature ? [signature] : [],
        Id = SignatureText.Id(request.Header("X-Shopify-Webhook-Id")),
    };
}
