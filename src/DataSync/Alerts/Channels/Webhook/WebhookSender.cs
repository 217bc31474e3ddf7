using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using DataSync.Pipeline.Failures;

namespace DataSync.Alerts.Channels.Webhook;

/// <summary>A webhook by the rules of Standard Webhooks 1.0: <c>id.timestamp.body</c> under HMAC-SHA256. The id is the notice's, the same for each try.</summary>
internal sealed class WebhookSender(ReceiverPost post, ChannelUrl urls, TimeProvider time) : IChannelSender
{
    public const string SecretPrefix = "whsec_";

    public string Kind => "webhook";

    public static string NewSecret() => SecretPrefix + Convert.ToBase64String(RandomNumberGenerator.GetBytes(32));

    public IEnumerable<Fault> Check(ChannelTarget target)
    {
        foreach (var fault in urls.Check(target.Url)) yield return fault;
        if (KeyOf(target.Secret) is null) yield return new Fault("/secret", "faults.alert_secret");
        if (target.Recipients is not null) yield return new Fault("/recipients", "faults.alert_other_kind");
    }

    public string HostOf(ChannelTarget target) => new Uri(target.Url!).IdnHost;

    public async Task SendAsync(ChannelTarget target, NoticeMessage message, CancellationToken ct)
    {
        var body = JsonSerializer.SerializeToUtf8Bytes(new JsonObject
        {
            ["type"] = message.Event,
            ["timestamp"] = message.At.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture),
            ["message"] = message.Text,
            ["data"] = message.Data.DeepClone(),
        });
        var signedAt = time.GetUtcNow().ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        var key = KeyOf(target.Secret) ?? throw new SyncFailureException(new SyncFailure(FailureKind.Critical, "errors.encryption.unreadable"));
        byte[] signed = [.. Encoding.UTF8.GetBytes($"{message.Id}.{signedAt}."), .. body];
        await post.PostAsync(
            target.Url!, body,
            [
                new("webhook-id", message.Id), new("webhook-timestamp", signedAt),
                new("webhook-signature", "v1," + Convert.ToBase64String(HMACSHA256.HashData(key, signed))),
            ],
            ct);
    }

    private static byte[]? KeyOf(string? secret)
    {
        var key = new byte[64];
        return secret is { Length: <= 94 } && secret.StartsWith(SecretPrefix, StringComparison.Ordinal) && Convert.TryFromBase64String(secret[SecretPrefix.Length..], key, out var length) && length >= 24 ? key[..length] : null;
    }
}
