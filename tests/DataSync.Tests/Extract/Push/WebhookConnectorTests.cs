using System.Text;
using System.Text.Json;
using DataSync.Extract.Push;
using DataSync.Extract.Push.Signatures;
using DataSync.Pipeline.Push;
using Microsoft.Extensions.Time.Testing;

namespace DataSync.Tests.Extract.Push;

public class WebhookConnectorTests
{
    private static readonly FakeTimeProvider Time = new(DateTimeOffset.FromUnixTimeSeconds(1_614_265_330));

    private static readonly WebhookConnector Connector = new(
        [.. typeof(ISignatureScheme).Assembly.GetTypes().Where(t => t is { IsClass: true, IsAbstract: false } && t.IsAssignableTo(typeof(ISignatureScheme))).Select(t => (ISignatureScheme)Activator.CreateInstance(t)!)], Time);

    /// <summary>The examples that the schemes' own documents print.</summary>
    [Theory]
    [InlineData(
        """{"scheme":"standard-webhooks","secrets":["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"]}""", """{"test": 2432232314}""",
        "webhook-id: msg_p5jXN8AQM9LWM0D4loKWxJek|webhook-timestamp: 1614265330|webhook-signature: v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=")]
    [InlineData(
        """{"scheme":"github","secrets":["It's a Secret to Everybody"]}""", "Hello, World!", "X-Hub-Signature-256: sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17")]
    [InlineData(
        """{"scheme":"slack","secrets":["8f742231b10e8888abcd99yyyzzz85a5"],"tolerance_seconds":86400}""",
        "token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c",
        "X-Slack-Signature: v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503|X-Slack-Request-Timestamp: 1531420618")]
    public void Printed_examples_are_accepted(string parameters, string body, string headers)
    {
        var given = headers.Split('|').Select(h => h.Split(": ")).ToDictionary(h => h[0], h => h[1], StringComparer.OrdinalIgnoreCase);
        Time.AdjustTime(DateTimeOffset.FromUnixTimeSeconds(given.TryGetValue("X-Slack-Request-Timestamp", out var slack) ? long.Parse(slack, System.Globalization.CultureInfo.InvariantCulture) : 1_614_265_330));
        var door = Connector.Open(JsonElement.Parse(parameters));
        Assert.NotNull(door);
        Assert.True(door(new PushRequest(name => given.GetValueOrDefault(name), Encoding.UTF8.GetBytes(body))).IsAccepted);
        Assert.False(door(new PushRequest(name => given.GetValueOrDefault(name), Encoding.UTF8.GetBytes(body + " "))).IsAccepted);
        Assert.False(Connector.Closed(new PushRequest(name => given.GetValueOrDefault(name), Encoding.UTF8.GetBytes(body))).IsAccepted);
    }

    /// <summary>Ways in which providers without a scheme of their own sign: what is signed, and the headers, in which (hex), (b64) and (url) stand for its signature.</summary>
    [Theory]
    [InlineData(""" "header":"X-Square","encoding":"base64","template":"https://hooks.example/api/webhooks/t/s{body}" """, "https://hooks.example/api/webhooks/t/s{}", "X-Square: (b64)")]
    [InlineData(""" "header":"Paddle-Signature","prefix":"h1=","template":"{timestamp}:{body}","timestamp_header":"Paddle-Signature","timestamp_prefix":"ts=" """, "1614265330:{}", "Paddle-Signature: ts=1614265330;h1=(hex)")]
    [InlineData(""" "header":"X-Cal","prefix":"v1=","template":"{timestamp}.{body}","timestamp_header":"X-Cal","timestamp_prefix":"t=" """, "1614265330.{}", "X-Cal: t=1614265330,v1=00,v1=(hex)")]
    [InlineData(""" "header":"X-Hub","encoding":"base64","template":"POSThttps://hooks.example/t{body}{timestamp}","timestamp_header":"X-Time","timestamp_format":"unix_ms" """, "POSThttps://hooks.example/t{}1614265330000", "X-Hub: (b64)|X-Time: 1614265330000")]
    [InlineData(""" "header":"X-Zm","prefix":"v0=","template":"v0:{timestamp}:{body}","timestamp_header":"X-Zm-Time" """, "v0:1614265330:{}", "X-Zm: v0=(hex)|X-Zm-Time: 1614265330")]
    [InlineData(""" "header":"X-Sig","prefix":"v1,","encoding":"base64","template":"{id}.{body}","id_header":"X-Id" """, "evt_1.{}", "X-Sig: v2,AAAA v1,(b64)|X-Id: evt_1")]
    [InlineData(""" "header":"Authorization","prefix":"HMAC-SHA256 ","template":"{timestamp}\n{body}","timestamp_header":"X-Time","timestamp_format":"rfc3339" """, "2021-02-25T15:02:10Z\n{}", "Authorization: HMAC-SHA256 (hex)|X-Time: 2021-02-25T15:02:10Z")]
    [InlineData(""" "header":"X-Sig","encoding":"base64url" """, "{}", "X-Sig: (url)")]
    [InlineData(""" "header":"X-Sig","prefix":"sha256=" """, "{}", "X-Sig: sha256=(hex)")]
    public void Provider_without_a_scheme_is_described(string parameters, string content, string headers)
    {
        Time.AdjustTime(DateTimeOffset.FromUnixTimeSeconds(1_614_265_330));
        var given = JsonElement.Parse($$"""{"scheme":"hmac-sha256","secrets":["a secret of one's own"],{{parameters}}}""");
        Assert.Empty(Connector.Validate(given));
        var door = Connector.Open(given)!;
        Assert.True(Judge(content).IsAccepted);
        Assert.False(Judge(content + " ").IsAccepted);

        PushVerdict Judge(string text)
        {
            var hash = System.Security.Cryptography.HMACSHA256.HashData("a secret of one's own"u8, Encoding.UTF8.GetBytes(text));
            var sent = headers.Replace("(hex)", Convert.ToHexString(hash), StringComparison.Ordinal).Replace("(b64)", Convert.ToBase64String(hash), StringComparison.Ordinal)
                .Replace("(url)", Convert.ToBase64String(hash).TrimEnd('=').Replace('+', '-').Replace('/', '_'), StringComparison.Ordinal)
                .Split('|').Select(h => h.Split(": ")).ToDictionary(h => h[0], h => h[1], StringComparer.OrdinalIgnoreCase);
            return door(new PushRequest(name => sent.GetValueOrDefault(name), "{}"u8.ToArray()));
        }
    }

    [Theory]
    [InlineData("""{"scheme":"github"}""", "/connection_params/secrets faults.source.required")]
    [InlineData("""{"scheme":"nothing","secrets":["12345678"]}""", "/connection_params/scheme faults.one_of")]
    [InlineData("""{"scheme":"github","secrets":[]}""", "/connection_params/secrets faults.webhook.secrets")]
    [InlineData("""{"scheme":"github","secrets":["12345678","12345678","12345678"]}""", "/connection_params/secrets faults.webhook.secrets")]
    [InlineData("""{"scheme":"github","secrets":["12345678"],"header":"x"}""", "/connection_params/header faults.source.unknown")]
    [InlineData("""{"scheme":"standard-webhooks","secrets":["whsec_dG9vIHNob3J0"]}""", "/connection_params/secrets/0 faults.webhook.secret")]
    [InlineData("""{"scheme":"hmac-sha256","header":"X","secrets":["12345678"],"timestamp_header":"T"}""", "/connection_params/timestamp_header faults.webhook.timestamp_signed")]
    [InlineData("""{"scheme":"hmac-sha256","header":"X","secrets":["12345678"],"template":"{id}.{body}"}""", "/connection_params/id_header faults.source.required")]
    [InlineData("""{"scheme":"hmac-sha256","header":"X","secrets":["not hex!!"],"secret_encoding":"hex"}""", "/connection_params/secrets/0 faults.webhook.secret")]
    [InlineData("""{"scheme":"hmac-sha256","header":"X","secrets":["0123456789"],"secret_encoding":"hex"}""", "/connection_params/secrets/0 faults.webhook.secret")]
    [InlineData("""{"scheme":"hmac-sha256","header":"X","secrets":["12345678"],"template":"{timestamp}"}""", "/connection_params/template faults.webhook.template")]
    [InlineData("""{"scheme":"hmac-sha256","header":"X","secrets":["12345678"],"template":"{timestamp}.{body}","timestamp_header":"x"}""", "/connection_params/timestamp_header faults.webhook.header_same")]
    [InlineData("""{"scheme":"hmac-sha256","header":"X","secrets":["12345678"],"id_header":"x"}""", "/connection_params/id_header faults.webhook.header_same")]
    [InlineData("""{"scheme":"hmac-sha256","header":"X","secrets":["12345678"],"prefix":" v1="}""", "/connection_params/prefix faults.webhook.prefix")]
    [InlineData("""{"scheme":"hmac-sha256","header":"X","secrets":["12345678"],"timestamp_prefix":"t="}""", "/connection_params/timestamp_header faults.source.required")]
    public void Faults_are_named(string parameters, string expected)
        => Assert.Equal([expected], Connector.Validate(JsonElement.Parse(parameters)).Select(f => $"{f.Path} {f.MessageKey}"));

    [Fact]
    public void Kept_secret_is_no_fault_and_opens_no_door()
    {
        var kept = JsonElement.Parse("""{"scheme":"github","secrets":"***"}""");
        Assert.Empty(Connector.Validate(kept));
        Assert.Null(Connector.Open(kept));
    }
}
