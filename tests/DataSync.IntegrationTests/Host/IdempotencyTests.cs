using System.Net;
using System.Net.Http.Json;

namespace DataSync.IntegrationTests.Host;

/// <summary>A repeatable request whose answer was lost, because the process died between doing the work and keeping the answer.</summary>
public sealed class IdempotencyTests(RunningSystem system) : IClassFixture<RunningSystem>
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Repeat_after_a_lost_answer_finds_the_job_made_before()
    {
        using var client = system.Client("lost");
        await client.PostAsync("api/sources", system.Source("things", new { table = "things" }), HttpStatusCode.Created, Ct);
        client.DefaultRequestHeaders.Add("Idempotency-Key", "job");
        var first = await client.StartAsync(new { source_id = "things" }, Ct);
        await LoseAnswersAsync("lost");
        Assert.Equal(first, await client.StartAsync(new { source_id = "things" }, Ct));
        Assert.Equal(first, await client.StartAsync(new { source_id = "things" }, Ct));
    }

    [Fact]
    public async Task Repeat_after_a_lost_answer_finds_the_source_made_before()
    {
        using var client = system.Client("lost source");
        client.DefaultRequestHeaders.Add("Idempotency-Key", "source");
        await client.PostAsync("api/sources", system.Source("things", new { table = "things" }), HttpStatusCode.Created, Ct);
        await LoseAnswersAsync("lost source");
        await client.PostAsync("api/sources", system.Source("things", new { table = "things" }), HttpStatusCode.Created, Ct);
    }

    [Fact]
    public async Task Repeat_finds_its_answer_also_where_the_request_would_be_refused_today()
    {
        using var client = system.Client("changed");
        await client.PostAsync("api/sources", system.Source("things", new { table = "things" }), HttpStatusCode.Created, Ct);
        client.DefaultRequestHeaders.Add("Idempotency-Key", "job");
        var first = await client.StartAsync(new { source_id = "things" }, Ct);
        await using var retire = system.Database.Superuser.CreateCommand("UPDATE data_source_configs SET is_active = false WHERE tenant_id = 'changed'");
        await retire.ExecuteNonQueryAsync(Ct);
        Assert.Equal(first, await client.StartAsync(new { source_id = "things" }, Ct));
        client.DefaultRequestHeaders.Remove("Idempotency-Key");

        // The change came behind the API's back, so it is seen as another machine's are: soon.
        await RunningSystem.WaitAsync("the source to be seen as retired", async () =>
        {
            using var answer = await client.PostAsJsonAsync("api/sync/start", new { source_id = "things" }, Ct);
            return answer.StatusCode == HttpStatusCode.Conflict;
        }, Ct);
    }

    [Fact]
    public async Task Repeated_answer_has_the_entity_tag_of_the_first()
    {
        using var client = system.Client("tagged");
        client.DefaultRequestHeaders.Add("Idempotency-Key", "source");
        using var first = await client.PostAsJsonAsync("api/sources", system.Source("things", new { table = "things" }), Ct);
        using var again = await client.PostAsJsonAsync("api/sources", system.Source("things", new { table = "things" }), Ct);
        Assert.Equal(("\"1\"", "\"1\""), (first.Headers.ETag?.Tag, again.Headers.ETag?.Tag));
    }

    [Fact]
    public async Task Another_request_under_a_key_whose_answer_was_lost_is_work_of_its_own()
    {
        using var client = system.Client("other");
        await client.PostAsync("api/sources", system.Source("things", new { table = "things" }), HttpStatusCode.Created, Ct);
        client.DefaultRequestHeaders.Add("Idempotency-Key", "job");
        var first = await client.StartAsync(new { source_id = "things" }, Ct);
        await LoseAnswersAsync("other");
        Assert.NotEqual(first, await client.StartAsync(new { source_id = "things", timeout_seconds = 7 }, Ct));
    }

    private async Task LoseAnswersAsync(string tenant)
    {
        await using var lose = system.Database.Superuser.CreateCommand(
            "UPDATE idempotency_keys SET status = NULL, body = NULL, location = NULL, expires_at = now() WHERE tenant_id = $1");
        lose.Parameters.Add(new() { Value = tenant });
        Assert.NotEqual(0, await lose.ExecuteNonQueryAsync(Ct));
    }
}
