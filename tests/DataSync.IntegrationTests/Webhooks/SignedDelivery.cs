using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace DataSync.IntegrationTests.Webhooks;

/// <summary>A delivery as a provider sends it, made by other code than the product's.</summary>
internal sealed record SignedDelivery(string Scheme, IReadOnlyDictionary<string, string> Headers, byte[] Body)
{
    public const string Secret = "a secret of thirty-two bytes !!!";

    public static readonly IReadOnlyList<string> Schemes = ["github", "hmac-sha256", "shopify", "slack", "standard-webhooks", "stripe"];

    /// <summary>The header that holds the signature.</summary>
    public string SignatureHeader => Scheme switch
    {
        "github" => "X-Hub-Signature-256",
        "shopify" => "X-Shopify-Hmac-Sha256",
        "slack" => "X-Slack-Signature",
        "stripe" => "Stripe-Signature",
        "standard-webhooks" => Headers.Keys.First(k => k.EndsWith("-signature", StringComparison.Ordinal)),
        _ => "X-Own-Signature",
    };

    /// <summary>A secret as the scheme spells it.</summary>
    public static string SecretOf(string scheme, string text = Secret) => scheme == "standard-webhooks" ? "whsec_" + Convert.ToBase64String(Encoding.UTF8.GetBytes(text)) : text;

    /// <summary><c>connection_params</c> that fit <see cref="Sign"/>.</summary>
    public static Dictionary<string, object> Parameters(string scheme, params string[] secrets)
    {
        var parameters = new Dictionary<string, object>(StringComparer.Ordinal) { ["scheme"] = scheme, ["secrets"] = secrets.Length > 0 ? secrets : [SecretOf(scheme)] };
        if (scheme != "hmac-sha256") return parameters;
        (parameters["header"], parameters["prefix"], parameters["encoding"], parameters["template"]) = ("X-Own-Signature", "v7=", "base64", "{timestamp}|{id}|{body}|end");
        (parameters["timestamp_header"], parameters["timestamp_format"], parameters["id_header"]) = ("X-Own-Time", "unix_ms", "X-Own-Id");
        return parameters;
    }

    public static SignedDelivery Sign(string scheme, byte[] body, string? id = null, DateTimeOffset? at = null, string secret = Secret)
    {
        id ??= Guid.NewGuid().ToString("N");
        var seconds = (at ?? DateTimeOffset.UtcNow).ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        var milliseconds = (at ?? DateTimeOffset.UtcNow).ToUnixTimeMilliseconds().ToString(CultureInfo.InvariantCulture);
        return new SignedDelivery(scheme, scheme switch
        {
            "github" => new Dictionary<string, string> { ["X-Hub-Signature-256"] = "sha256=" + Hex(secret, body), ["X-GitHub-Delivery"] = id, ["X-GitHub-Event"] = "push" },
            "shopify" => new Dictionary<string, string> { ["X-Shopify-Hmac-Sha256"] = Base64(secret, body), ["X-Shopify-Webhook-Id"] = id, ["X-Shopify-Topic"] = "orders/create" },
            "slack" => new Dictionary<string, string> { ["X-Slack-Signature"] = "v0=" + Hex(secret, Join($"v0:{seconds}:", body)), ["X-Slack-Request-Timestamp"] = seconds },
            "stripe" => new Dictionary<string, string> { ["Stripe-Signature"] = $"t={seconds},v1={Hex(secret, Join($"{seconds}.", body))},v0=abc" },
            "standard-webhooks" => new Dictionary<string, string>
            {
                ["webhook-id"] = id,
                ["webhook-timestamp"] = seconds,
                ["webhook-signature"] = "v1a,ZWQ= v1," + Base64(secret, Join($"{id}.{seconds}.", body)),
            },
            _ => new Dictionary<string, string>
            {
                ["X-Own-Signature"] = "v7=" + Base64(secret, Join($"{milliseconds}|{id}|", body, "|end")),
                ["X-Own-Time"] = milliseconds,
                ["X-Own-Id"] = id,
            },
        }, body);
    }

    public SignedDelivery With(string header, string? value)
    {
        var headers = new Dictionary<string, string>(Headers, StringComparer.Ordinal);
        if (value is null) headers.Remove(header);
        else headers[header] = value;
        return this with { Headers = headers };
    }

    public static byte[] Join(string before, byte[] body, string after = "") => [.. Encoding.UTF8.GetBytes(before), .. body, .. Encoding.UTF8.GetBytes(after)];

    public static string Hex(string secret, byte[] signed) => Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), signed));

    public static string Base64(string secret, byte[] signed) => Convert.ToBase64String(HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), signed));
}
