using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using DataSync.IntegrationTests.Host;
using DataSync.Tests;

namespace DataSync.IntegrationTests.Webhooks;

/// <summary>What <c>docs/webhooks.md</c> shows is taken as it stands there, and does what it says.</summary>
[Collection(nameof(WebhookSystem))]
public sealed partial class WebhookDocumentTests(WebhookSystem system)
{
    private static readonly string Document = File.ReadAllText(Path.Combine(Repository.Root, "docs", "webhooks.md"));

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Source_of_the_document_takes_its_orders_and_puts_bad_ones_aside()
    {
        using var client = new WebhookClient(system.Running, "documented");
        var shown = Block().Matches(Document).Select(m => m.Groups["shown"].Value).Single(b => b.Contains("\"shop-orders\"", StringComparison.Ordinal)).Replace("[\"…\"]", $"[\"{SignedDelivery.Secret}\"]", StringComparison.Ordinal);
        await client.Owner.PostAsync("api/sources", JsonElement.Parse(shown), HttpStatusCode.Created, Ct);
        var delivery = await client.EndAsync((await client.SendAsync("shop-orders", SignedDelivery.Sign("shopify", """{"orders":[{"id":1.0},{"name":"none"}]}"""u8.ToArray()))).DeliveryId);
        var job = delivery.GetProperty("job_id").GetGuid();
        Assert.Equal("{\"id\":1.0}\n", await client.Owner.ExportAsync(job, "data.jsonl", Ct));
        var refused = Assert.Single((await client.Owner.GetJsonAsync($"api/sync/jobs/{job}/rejections", Ct)).GetProperty("items").EnumerateArray());
        Assert.Equal("#/id", refused.GetProperty("field").GetString());
    }

    /// <summary>Each provider of the table, and the example above it, signs as its members say, by other code than the product's.</summary>
    [Fact]
    public async Task Providers_of_the_table_are_let_in()
    {
        using var client = new WebhookClient(system.Running, "described");
        List<string> shown = [.. Row().Matches(Document).Select(m => m.Groups["shown"].Value), .. Block().Matches(Document).Select(m => m.Groups["shown"].Value).Where(b => b.Contains("\"hmac-sha256\"", StringComparison.Ordinal)).Select(b => Scheme().Replace(b.Trim().TrimStart('{').TrimEnd('}'), ""))];
        Assert.Equal(6, shown.Count);
        for (var i = 0; i < shown.Count; i++)
        {
            var parameters = JsonElement.Parse($$"""{"scheme":"hmac-sha256","secrets":["{{SignedDelivery.Secret}}"],{{shown[i]}}}""");
            await client.RegisterAsync($"provider {i}", parameters);
            Assert.True((await client.SendAsync($"provider {i}", Signed(parameters, SignedDelivery.Secret))).Status == 202, shown[i]);
            Assert.True((await client.SendAsync($"provider {i}", Signed(parameters, "another secret of another one"))).Status == 401, shown[i]);
        }
    }

    private static SignedDelivery Signed(JsonElement parameters, string secret)
    {
        const string Body = """{"n":1}""";
        var now = DateTimeOffset.UtcNow;
        var time = (Of("timestamp_format") == "unix_ms" ? now.ToUnixTimeMilliseconds() : now.ToUnixTimeSeconds()).ToString(CultureInfo.InvariantCulture);
        var signed = (Of("template") ?? "{body}").Replace("{timestamp}", time, StringComparison.Ordinal).Replace("{id}", "evt_1", StringComparison.Ordinal).Replace("{body}", Body, StringComparison.Ordinal);
        var hash = HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), Encoding.UTF8.GetBytes(signed));
        var headers = new Dictionary<string, string>(StringComparer.Ordinal) { [Of("header")!] = Of("prefix") + (Of("encoding") == "base64" ? Convert.ToBase64String(hash) : Convert.ToHexStringLower(hash)) };
        if (Of("timestamp_header") is { } timed) headers[timed] = headers.TryGetValue(timed, out var signature) ? $"{Of("timestamp_prefix")}{time};{signature}" : time;
        if (Of("id_header") is { } id) headers[id] = "evt_1";
        return new SignedDelivery("hmac-sha256", headers, Encoding.UTF8.GetBytes(Body));

        string? Of(string name) => parameters.TryGetProperty(name, out var value) ? value.GetString() : null;
    }

    [GeneratedRegex("```json\n(?<shown>.*?)```", RegexOptions.Singleline | RegexOptions.ExplicitCapture)]
    private static partial Regex Block();

    [GeneratedRegex("(?m)^\\|[^|]*\\| `(?<shown>\"header\":.*)` \\|$")]
    private static partial Regex Row();

    [GeneratedRegex("\"scheme\":\"hmac-sha256\",\"secrets\":\\[\"…\"\\],")]
    private static partial Regex Scheme();
}
