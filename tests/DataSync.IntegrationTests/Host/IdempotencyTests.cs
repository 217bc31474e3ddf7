using System.Net;

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
