using System.Text;
using DataSync.IntegrationTests.Postgres;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;

namespace DataSync.IntegrationTests.Webhooks;

/// <summary>Who is let in, over HTTP against the running system.</summary>
[Collection(nameof(WebhookSystem))]
public sealed class WebhookSignatureTests(WebhookSystem system)
{
    /// <summary>What is behind the name of the source that is sent nothing good, so that it must stay empty.</summary>
    private const string OfTampered = ", tampered";

    private static readonly SemaphoreSlim One = new(1);
    private static readonly HashSet<string> Registered = [];

    public static TheoryData<string> Schemes => [.. SignedDelivery.Schemes];

    // Feature: data-sync-pipeline, Property 5: For any webhook payload, if the signature is invalid or missing, the system should reject the request with a 401 error,
    // and if valid, should process the payload.
    [Property(MaxTest = 120, Parallelism = 4)]
    [Trait("Property", "5")]
    public Property Signed_payloads_are_processed_and_all_others_refused_with_401()
        => Prop.ForAll(
            (from scheme in Gen.Elements(SignedDelivery.Schemes.ToArray())
             from document in JsonGenerators.Document
             from form in Gen.Choose(-15, 45)
             select (scheme, document, form)).ToArbitrary(),
            async given =>
            {
                using var client = await ClientAsync(given.scheme);
                var good = SignedDelivery.Sign(given.scheme, Encoding.UTF8.GetBytes(given.document));
                if (given.form >= 0)
                {
                    var forms = Forms(good).ToList();
                    var (name, tampered) = forms[given.form % forms.Count];
                    var refused = await client.SendAsync(given.scheme + OfTampered, tampered);
                    Assert.True(refused.Status == 401, $"{given.scheme}, {name}: {refused.Status} {refused.Text}");
                    Assert.Equal(0, await CountAsync(given.scheme + OfTampered));
                    return;
                }

                var id = (await client.SendAsync(given.scheme, good)).DeliveryId;
                var delivery = await client.EndAsync(id);
                Assert.True(delivery.GetProperty("status").GetString() == "completed", delivery.GetRawText());
                var job = delivery.GetProperty("job_id").GetGuid();
                await using var find = system.Running.Database.Superuser.CreateCommand("SELECT count(*) FROM sync_data WHERE job_id = $1 AND raw_data::text = $2");
                find.Parameters.AddWithValue(job);
                find.Parameters.AddWithValue(given.document);
                Assert.True((long)(await find.ExecuteScalarAsync(CancellationToken.None))! >= 1, $"{given.document} is not among the records of {job}");
            });

    [Theory]
    [MemberData(nameof(Schemes))]
    public async Task Every_tampered_form_is_refused(string scheme)
    {
        using var client = await ClientAsync(scheme);
        var good = SignedDelivery.Sign(scheme, """{"id":"evt_1","amount":12.50}"""u8.ToArray());
        var forms = Forms(good).ToList();
        Assert.True(forms.Count >= 20, $"only {forms.Count} forms");
        List<string> wrong = [];
        foreach (var (name, tampered) in forms)
        {
            var answer = await client.SendAsync(scheme, tampered);
            if (answer.Status != 401 || answer.Key != "errors.webhook.refused") wrong.Add($"{name}: {answer.Status} {answer.Text}");
        }

        Assert.Empty(wrong);
        Assert.Equal(202, (await client.SendAsync(scheme, good)).Status);
    }

    private static IEnumerable<(string Name, SignedDelivery Delivery)> Forms(SignedDelivery good)
        => Tampering.Of(good, (body, at) => SignedDelivery.Sign(good.Scheme, body, at: at), () => SignedDelivery.Sign(good.Scheme, good.Body, secret: "another secret of thirty-two byte"));

    private async Task<WebhookClient> ClientAsync(string scheme)
    {
        var client = new WebhookClient(system.Running, "signed");
        await One.WaitAsync();
        try
        {
            if (Registered.Add(scheme))
            {
                foreach (var source in (string[])[scheme, scheme + OfTampered]) await client.RegisterAsync(source, SignedDelivery.Parameters(scheme));
            }
        }
        finally
        {
            One.Release();
        }

        return client;
    }

    private Task<long> CountAsync(string scheme) => system.ScalarAsync<long>($"SELECT count(*) FROM webhook_deliveries WHERE tenant_id = 'signed' AND source_id = '{scheme}'");
}
