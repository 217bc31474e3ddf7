using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using DataSync.IntegrationTests.Host;

namespace DataSync.IntegrationTests.Privacy;

/// <summary>What a tenant does about one person, as a caller sees it.</summary>
[Collection(nameof(WholeSystem))]
public sealed class PrivacyEndpointsTests(EndToEndTests.System system)
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Person_is_previewed_given_out_and_erased_and_the_files_are_made_again_without()
    {
        using var client = system.Running.Client("people", "sources.write sync.read sync.write privacy");
        await client.PostAsync("api/sources", system.Running.Source("persons", new { query = "SELECT 1 AS id, 'anna@people.example' AS email UNION ALL SELECT 2, 'bob@people.example'" }), HttpStatusCode.Created, Ct);
        var job = await client.StartAsync(new { source_id = "persons", output_format = "jsonl" }, Ct);
        await client.EndAsync(job, Ct);
        var before = await client.ExportAsync(job, "data.jsonl", Ct);
        var anna = new { value = "anna@people.example" };

        var preview = await client.PostAsync("api/privacy/subjects/preview", anna, HttpStatusCode.OK, Ct);
        Assert.Equal("""{"records":1}""", preview.GetProperty("found").GetRawText());
        Assert.Equal(job, preview.GetProperty("jobs")[0].GetProperty("job_id").GetGuid());
        using (var given = await client.PostAsJsonAsync("api/privacy/subjects/export", anna, Ct))
        {
            Assert.Equal("application/jsonl", given.Content.Headers.ContentType?.ToString());
            var lines = (await given.Content.ReadAsStringAsync(Ct)).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => JsonElement.Parse(l)).ToList();
            Assert.Equal(["records", "end"], lines.Select(l => l.GetProperty("kind").GetString()));
            Assert.Equal("anna@people.example", lines[0].GetProperty("raw_data").GetProperty("email").GetString());
            Assert.Equal(1, lines[1].GetProperty("lines").GetInt32());
        }

        var request = (await client.PostAsync("api/privacy/subjects/erase", anna, HttpStatusCode.Accepted, Ct)).GetProperty("request_id").GetGuid();
        JsonElement receipt = default;
        await RunningSystem.WaitAsync(() => $"the erasure to end; last seen: {receipt}", async () =>
        {
            receipt = await client.GetJsonAsync($"api/privacy/requests/{request}", Ct);
            return receipt.GetProperty("status").GetString() == "completed";
        }, Ct, 90);
        Assert.Equal("""{"exports_rewritten":1,"records":1}""", receipt.GetProperty("erased").GetRawText());
        Assert.Equal(preview.GetProperty("subject_hash").GetString(), receipt.GetProperty("subject_hash").GetString());
        Assert.DoesNotContain("anna", receipt.GetRawText(), StringComparison.Ordinal);
        Assert.Equal(string.Concat(before.Split('\n').Where(l => l.Contains("bob", StringComparison.Ordinal)).Select(l => l + "\n")), await client.ExportAsync(job, "data.jsonl", Ct));
        Assert.Equal("{}", (await client.PostAsync("api/privacy/subjects/preview", anna, HttpStatusCode.OK, Ct)).GetProperty("found").GetRawText());
        Assert.All(system.Running.Processes, p => Assert.DoesNotContain("anna@people.example", p.Log, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Days_that_data_is_kept_are_an_operators_to_set_and_the_tenants_to_see()
    {
        using var client = system.Running.Client("keeping", "privacy operator");
        using (var set = await client.PutAsJsonAsync("api/privacy/retention", new { records = 90, jobs = 365 }, Ct)) Assert.Equal(HttpStatusCode.OK, set.StatusCode);
        Assert.Equal("""{"records":90,"rejections":null,"inbox":null,"exports":null,"ai_answers":null,"jobs":365,"audit":null}""", (await client.GetJsonAsync("api/privacy/retention", Ct)).GetRawText());
        using (var refused = await client.PutAsJsonAsync("api/privacy/retention", new { records = 0 }, Ct)) Assert.Equal(HttpStatusCode.UnprocessableEntity, refused.StatusCode);
        using (var cleared = await client.PutAsJsonAsync("api/privacy/retention", new { }, Ct)) Assert.Equal(HttpStatusCode.OK, cleared.StatusCode);
        Assert.Equal(JsonValueKind.Null, (await client.GetJsonAsync("api/privacy/retention", Ct)).GetProperty("records").ValueKind);
    }
}
