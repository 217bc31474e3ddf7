using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using DataSync.IntegrationTests.Host;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;

namespace DataSync.IntegrationTests.Properties;

/// <summary>Properties of jobs, over HTTP against the running system.</summary>
public sealed class JobProperties(EndToEndTests.System system) : IClassFixture<EndToEndTests.System>
{
    private static readonly string[] Order = ["queued", "running", "completed", "failed", "cancelled"];

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    // Feature: data-sync-pipeline, Property 20: For any sync job, the job record should transition through states (running → completed/failed), and the final state
    // should include record count, duration, and error details if failed.
    [Property(MaxTest = 100)]
    [Trait("Property", "20")]
    public Property Job_goes_forward_to_an_end_that_tells_count_duration_and_error()
        => Prop.ForAll(
            (from rows in Gen.Choose(0, 50) from breaks in Gen.Elements(false, false, true) select (rows, breaks)).ToArbitrary(),
            async given =>
            {
                using var client = system.Running.Client("lifecycle");
                using var make = await client.PostAsJsonAsync("api/sources", system.Running.Source("any", new { table = "things" }), Ct);
                Assert.Contains(make.StatusCode, (HttpStatusCode[])[HttpStatusCode.Created, HttpStatusCode.Conflict]);
                var query = given.breaks ? $"SELECT 1 / (id - {given.rows}) FROM things WHERE id <= {given.rows}" : $"SELECT id FROM things WHERE id <= {given.rows}";
                var id = await client.StartAsync(new { source_id = "any", extraction_params = new { query } }, Ct);
                var (seen, state) = (0, default(JsonElement));
                do
                {
                    state = await client.GetJsonAsync($"api/sync/jobs/{id}", Ct);
                    var now = Array.IndexOf(Order, state.GetProperty("status").GetString());
                    Assert.True(now >= seen, $"{Order[seen]} → {Order[now]}");
                    seen = now;
                }
                while (seen < 2);
                var fails = given is { breaks: true, rows: > 0 };
                Assert.Equal(fails ? "failed" : "completed", Order[seen]);
                Assert.Equal(fails ? 0 : given.breaks ? 0 : given.rows, state.GetProperty("record_count").GetInt32());
                Assert.True(state.GetProperty("duration_ms").GetInt64() >= 0);
                Assert.NotEqual(JsonValueKind.Null, state.GetProperty("started_at").ValueKind);
                Assert.NotEqual(JsonValueKind.Null, state.GetProperty("completed_at").ValueKind);
                Assert.Equal(fails, state.GetProperty("error_details").ValueKind == JsonValueKind.Object);
                if (fails) Assert.False(string.IsNullOrEmpty(state.GetProperty("error_details").GetProperty("message").GetString()));
            });

    // Feature: data-sync-pipeline, Property 27: For any operation (extraction, storage, processing, export, listing), all data should be tagged with tenant_id, and
    // cross-tenant data access should be impossible through any API or query.
    [Property(MaxTest = 100)]
    [Trait("Property", "27")]
    public Property Nothing_of_a_tenant_can_be_reached_by_another()
        => Prop.ForAll(
            (from a in Postgres.JsonGenerators.Text.Where(t => t.Length is > 0 and < 60 && !t.Contains('\0'))
             from b in Postgres.JsonGenerators.Text.Where(t => t.Length is > 0 and < 60 && !t.Contains('\0'))
             from rows in Gen.Choose(1, 5)
             where !string.Equals(a, b, StringComparison.Ordinal)
             select (a, b, rows)).ToArbitrary(),
            async given =>
            {
                using var owner = system.Running.Client(given.a);
                using var stranger = system.Running.Client(given.b);
                using var make = await owner.PostAsJsonAsync("api/sources", system.Running.Source("mine", new { query = "SELECT id FROM things" }), Ct);
                Assert.Contains(make.StatusCode, (HttpStatusCode[])[HttpStatusCode.Created, HttpStatusCode.Conflict]);
                var id = await owner.StartAsync(new { source_id = "mine", extraction_params = new { row_limit = given.rows }, output_format = "jsonl" }, Ct);
                var job = await owner.EndAsync(id, Ct);
                Assert.Equal(("completed", given.rows, given.a), (job.GetProperty("status").GetString(), job.GetProperty("record_count").GetInt32(), job.GetProperty("tenant_id").GetString()));
                Assert.Equal(given.rows, (await owner.GetJsonAsync($"api/sync/jobs/{id}/records", Ct)).GetProperty("items").GetArrayLength());
                foreach (var path in Paths(id))
                {
                    using var answer = await stranger.GetAsync(path, Ct);
                    Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
                }

                using var cancel = await stranger.PostAsync($"api/sync/jobs/{id}/cancel", null, Ct);
                Assert.Equal(HttpStatusCode.NotFound, cancel.StatusCode);
                Assert.DoesNotContain(
                    (await stranger.GetJsonAsync("api/sync/jobs?page_size=1000", Ct)).GetProperty("items").EnumerateArray(), j => j.GetProperty("job_id").GetGuid() == id);
                await using var tagged = system.Running.Database.Superuser.CreateCommand(
                    "SELECT count(*) FILTER (WHERE tenant_id = $2), count(*) FROM sync_data WHERE job_id = $1");
                tagged.Parameters.Add(new() { Value = id });
                tagged.Parameters.Add(new() { Value = given.a });
                await using var row = await tagged.ExecuteReaderAsync(Ct);
                await row.ReadAsync(Ct);
                Assert.Equal(((long)given.rows, (long)given.rows), (row.GetInt64(0), row.GetInt64(1)));
            });

    private static string[] Paths(Guid id)
        => [$"api/sync/jobs/{id}", $"api/sync/jobs/{id}/records", $"api/sync/jobs/{id}/rejections", $"api/sync/jobs/{id}/exports", $"api/sync/jobs/{id}/exports/data.jsonl",
            $"api/sync/jobs/{id}/exports/manifest.json", $"api/sync/jobs/{id}/events"];
}
