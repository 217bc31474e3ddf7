using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using DataSync.IntegrationTests.Host;

namespace DataSync.IntegrationTests.Webhooks;

/// <summary>The order in which a delivery is judged: its size before its signature, its time before whether it is known.</summary>
[Collection(nameof(WebhookSystem))]
public sealed class WebhookOrderTests(WebhookSystem system)
{
    private const int MostBytes = 1024 * 1024;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    /// <summary>Whoever it is sent to, and whether its length is told or only found out: the answer says nothing of the signature or of the source.</summary>
    [Theory]
    [InlineData(false), InlineData(true)]
    public async Task Body_that_is_too_large_is_refused_whatever_its_signature_and_stored_nowhere(bool chunked)
    {
        var tenant = $"too large {chunked}";
        using var client = new WebhookClient(system.Running, tenant);
        await client.RegisterAsync("hook", SignedDelivery.Parameters("github"));
        var good = SignedDelivery.Sign("github", Body(MostBytes + 1));
        var bad = SignedDelivery.Sign("github", good.Body, secret: "not the secret of anybody");
        List<string> heard = [];
        foreach (var (of, source, delivery) in ((string, string, SignedDelivery)[])[(tenant, "hook", good), (tenant, "hook", bad), (tenant, "hook", bad.With(bad.SignatureHeader, null)), (tenant, "nothing", bad), ("nobody", "hook", bad)])
        {
            var answer = await client.SendAsync(of, source, delivery, chunked: chunked, asksFirst: true);
            Assert.Equal((413, "errors.request.too_large"), (answer.Status, answer.Key));
            heard.Add(string.Join("|", JsonElement.Parse(answer.Text).EnumerateObject().Where(m => m.Name is not ("correlation_id" or "timestamp")).Select(m => m.Name + m.Value.GetRawText())));
        }

        Assert.Single(heard.Distinct());

        // of a size that is looked at, the same signature is what is wrong
        Assert.Equal(401, (await client.SendAsync(tenant, "hook", SignedDelivery.Sign("github", Body(MostBytes), secret: "not the secret of anybody"), chunked: chunked, asksFirst: true)).Status);
        Assert.Equal(0L, await CountAsync(tenant));
        Assert.Equal(202, (await client.SendAsync(tenant, "hook", SignedDelivery.Sign("github", Body(MostBytes)), chunked: chunked, asksFirst: true)).Status);
        Assert.Equal(1L, await CountAsync(tenant));
    }

    /// <summary>Known or not: what is signed too long ago is refused. The time that passes is the tolerance that shrinks.</summary>
    [Theory]
    [InlineData("hmac-sha256"), InlineData("slack"), InlineData("standard-webhooks"), InlineData("stripe")]
    public async Task Repeat_of_a_stored_delivery_is_refused_once_its_time_is_beyond_the_tolerance(string scheme)
    {
        var tenant = $"late {scheme}";
        using var client = new WebhookClient(system.Running, tenant);
        var parameters = SignedDelivery.Parameters(scheme);
        await client.RegisterAsync("hook", parameters);
        var delivery = Signed(seconds: -120);
        var id = (await client.SendAsync("hook", delivery)).DeliveryId;
        Assert.Equal(id, (await client.SendAsync("hook", delivery)).DeliveryId);

        // the same, signed anew with a time that is too old
        var old = await client.SendAsync("hook", Signed(seconds: -400));
        Assert.Equal((401, "errors.webhook.refused"), (old.Status, old.Key));

        parameters["tolerance_seconds"] = 60;
        using (var put = await client.Owner.PutAsJsonAsync("api/sources/hook", WebhookClient.Source("hook", parameters), Ct)) Assert.Equal(HttpStatusCode.OK, put.StatusCode);
        var last = new WebhookAnswer(0, "", false);
        await RunningSystem.WaitAsync("the shorter tolerance to be seen", async () => (last = await client.SendAsync("hook", delivery)).Status != 202, Ct);
        Assert.Equal((401, "errors.webhook.refused"), (last.Status, last.Key));
        Assert.Equal(1L, await CountAsync(tenant));
        Assert.Equal(202, (await client.SendAsync("hook", Signed(seconds: 0))).Status);

        SignedDelivery Signed(int seconds) => SignedDelivery.Sign(scheme, """{"n":1}"""u8.ToArray(), "one", DateTimeOffset.UtcNow.AddSeconds(seconds));
    }

    /// <summary>A JSON text of so many bytes.</summary>
    private static byte[] Body(int bytes) => [.. "\""u8, .. Enumerable.Repeat((byte)'x', bytes - 2), .. "\""u8];

    private Task<long> CountAsync(string tenant) => system.ScalarAsync<long>($"SELECT count(*) FROM webhook_deliveries WHERE tenant_id = '{tenant}'");
}
