using DataSync.IntegrationTests.Host;

namespace DataSync.IntegrationTests.Webhooks;

/// <summary>What providers' own packages sign is let in, and no tampered form of it is.</summary>
[Collection(nameof(WebhookSystem))]
public sealed class WebhookSenderTests(WebhookSystem system)
{
    private const string Body = """{"id":"evt_9007199254740993","名前":"José Ñandú 😀","amount":12.50,"nested":{"list":[1,2.0,null,"\u00e9"]}}""";

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("standardwebhooks"), InlineData("svix"), InlineData("stripe"), InlineData("octokit")]
    public async Task What_a_package_signs_is_accepted_and_at_least_twenty_tampered_forms_are_refused(string library)
    {
        await using var senders = await WebhookSenders.StartAsync(Ct);
        using var client = new WebhookClient(system.Running, "senders");
        var scheme = library switch { "stripe" => "stripe", "octokit" => "github", _ => "standard-webhooks" };
        var secret = scheme == "stripe" ? "whsec_" + SignedDelivery.Secret.Replace(' ', '_') : SignedDelivery.SecretOf(scheme);
        await client.RegisterAsync(library, SignedDelivery.Parameters(scheme, secret));
        var now = DateTimeOffset.UtcNow;
        var good = await senders.SignAsync(library, secret, Body, "msg_" + library, now, Ct);
        var another = await senders.SignAsync(library, SignedDelivery.SecretOf(scheme, "another secret of thirty-two byte"), Body, "msg_" + library, now, Ct);

        // The forms need other bodies and times signed; the packages sign them, too.
        Dictionary<(string Body, long At), SignedDelivery> signed = [];
        foreach (var offset in (int[])[-86_400, -400, 0, 400])
        {
            foreach (var body in (string[])[Body, """{"other":true}"""]) signed[(body, offset)] = await senders.SignAsync(library, secret, body, "msg_" + library, now.AddSeconds(offset), Ct);
        }

        var forms = Tampering.Of(
            good, (body, at) => signed[(System.Text.Encoding.UTF8.GetString(body), new[] { -86_400L, -400, 0, 400 }.MinBy(o => Math.Abs((at - now).TotalSeconds - o)))], () => another).ToList();
        Assert.True(forms.Count >= 20, $"only {forms.Count} forms");
        List<string> wrong = [];
        foreach (var (name, tampered) in forms)
        {
            var answer = await client.SendAsync(library, tampered);
            if (answer.Status != 401) wrong.Add($"{name}: {answer.Status} {answer.Text}");
        }

        Assert.Empty(wrong);
        var id = (await client.SendAsync(library, good)).DeliveryId;
        Assert.Equal("completed", (await client.EndAsync(id)).GetProperty("status").GetString());
        var job = (await client.Owner.GetJsonAsync($"api/webhooks/deliveries/{id}", Ct)).GetProperty("job_id").GetGuid();
        Assert.Equal(Body, (await client.Owner.ExportAsync(job, "data.jsonl", Ct)).TrimEnd('\n'));
    }
}
