using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;

namespace DataSync.IntegrationTests.Host;

/// <summary>Realtime over HTTP: answered by the process that was asked, from memory alone.</summary>
public sealed class RealtimeTests(RealtimeTests.Machines machines) : IClassFixture<RealtimeTests.Machines>
{
    private const string Slow = "SELECT i, pg_sleep(0.05)::text FROM generate_series(1, 100000) i";

    private readonly EndToEndTests.System _system = machines.Near;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Inline_answer_holds_every_record_as_it_was_and_the_job()
    {
        using var client = await TenantAsync("inline");
        var answer = await client.PostAsync("api/sync/start", Inline(), HttpStatusCode.OK, Ct);
        Assert.Equal(await _system.ExpectedAsync(Ct), answer.GetProperty("data").EnumerateArray().Select(r => r.GetRawText()));
        Assert.Equal(("completed", "realtime", "export", EndToEndTests.System.Rows), (Text(answer, "status"), Text(answer, "mode"), Text(answer, "stage"), answer.GetProperty("record_count").GetInt32()));
        Assert.Empty(answer.GetProperty("rejections").EnumerateArray());
        Assert.Empty(answer.GetProperty("result").GetProperty("exports").EnumerateArray());
        var id = answer.GetProperty("job_id").GetGuid();
        var job = await client.GetJsonAsync($"api/sync/jobs/{id}", Ct);
        Assert.Equal(("completed", EndToEndTests.System.Rows, 1), (Text(job, "status"), job.GetProperty("progress").GetProperty("exported").GetInt32(), job.GetProperty("attempts").GetInt32()));
        Assert.Empty((await client.GetJsonAsync($"api/sync/jobs/{id}/records", Ct)).GetProperty("items").EnumerateArray());
        Assert.False(Directory.Exists(Path.Combine(_system.Running.ExportRoot, "inline")));
    }

    [Fact]
    public async Task Refined_records_and_refused_ones_come_in_the_answer_alone()
    {
        using var client = await TenantAsync("refined");
        var answer = await client.PostAsync("api/sync/start", Inline("""
            {"business_rules":[{"id":"even","when":{"==":[{"%":[{"var":"id"},2]},0]},"then":[{"set":{"id":0}}]},
                               {"id":"no-seven","when":{"==":[{"var":"id"},7]},"then":[{"reject":{"code":"SEVEN","message":"seven is not wanted"}}]}]}
            """, "SELECT id FROM things WHERE id <= 8 ORDER BY id"), HttpStatusCode.OK, Ct);
        Assert.Equal(
            ["""{"id":1,"_original":null}""", """{"id":0,"_original":{"id":2}}""", """{"id":3,"_original":null}""", """{"id":0,"_original":{"id":4}}""", """{"id":5,"_original":null}""", """{"id":0,"_original":{"id":6}}""", """{"id":0,"_original":{"id":8}}"""],
            answer.GetProperty("data").EnumerateArray().Select(r => r.GetRawText()));
        Assert.Equal(
            """{"seq":6,"rule_id":"no-seven","code":"SEVEN","message":"seven is not wanted","field":null,"original":{"id":7}}""",
            Assert.Single(answer.GetProperty("rejections").EnumerateArray()).GetRawText());
        Assert.Equal((7, 1), (answer.GetProperty("record_count").GetInt32(), answer.GetProperty("error_count").GetInt32()));
        Assert.Empty((await client.GetJsonAsync($"api/sync/jobs/{answer.GetProperty("job_id").GetGuid()}/rejections", Ct)).GetProperty("items").EnumerateArray());
    }

    [Fact]
    public async Task Source_changed_on_one_machine_is_read_as_changed_by_another_within_two_seconds()
    {
        using var near = _system.Running.Client("changed");
        using var far = _system.Running.Client("changed", address: machines.Far);
        object Source(int value) => _system.Running.Source("s", new { query = $"SELECT {value} AS v" });
        async Task<int> ReadAsync() => Assert.Single((await far.PostAsync("api/sync/start", new { source_id = "s", mode = "realtime", export_config = new { inline = true } }, HttpStatusCode.OK, Ct))
            .GetProperty("data").EnumerateArray()).GetProperty("v").GetInt32();
        await near.PostAsync("api/sources", Source(0), HttpStatusCode.Created, Ct);
        Assert.Equal(0, await ReadAsync());
        for (var value = 1; value <= 5; value++)
        {
            using var put = await near.PutAsJsonAsync("api/sources/s", Source(value), Ct);
            Assert.Equal(HttpStatusCode.OK, put.StatusCode);
            var committed = Stopwatch.GetTimestamp();
            int seen;
            while ((seen = await ReadAsync()) != value)
            {
                Assert.Equal(value - 1, seen);
                Assert.True(Stopwatch.GetElapsedTime(committed) < TimeSpan.FromSeconds(2), $"{value} was not seen.");
            }

            Assert.Equal(value, await ReadAsync());
        }
    }

    [Fact]
    public async Task Export_to_files_is_there_when_the_answer_is()
    {
        using var client = await TenantAsync("files");
        var answer = await client.PostAsync("api/sync/start", new { source_id = "s", mode = "realtime", output_format = new[] { "jsonl", "csv" } }, HttpStatusCode.OK, Ct);
        Assert.False(answer.TryGetProperty("data", out _));
        Assert.Equal(["data.jsonl", "data.csv", "SHA256SUMS", "manifest.json"], answer.GetProperty("result").GetProperty("exports").EnumerateArray().Select(f => Text(f, "name")));
        var lines = (await client.ExportAsync(answer.GetProperty("job_id").GetGuid(), "data.jsonl", Ct)).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(await _system.ExpectedAsync(Ct), lines);
    }

    [Fact]
    public async Task Sixty_four_callers_at_once_are_all_answered()
    {
        using var client = await TenantAsync("crowd");
        var answers = await Task.WhenAll(Enumerable.Range(0, 64).Select(i => client.PostAsync("api/sync/start", Inline(query: $"SELECT id, {i} AS caller FROM things WHERE id <= 1000 ORDER BY id"), HttpStatusCode.OK, Ct)));
        foreach (var (answer, i) in answers.Select((a, i) => (a, i)))
        {
            Assert.Equal(Enumerable.Range(1, 1000).Select(id => $"{{\"id\":{id},\"caller\":{i}}}"), answer.GetProperty("data").EnumerateArray().Select(r => r.GetRawText()));
        }

        await MemoryIsFreeAsync(client);
    }

    [Fact]
    public async Task Caller_who_hangs_up_cancels_the_work()
    {
        using var client = await TenantAsync("gone");
        using var hangUp = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        var call = client.PostAsJsonAsync("api/sync/start", Inline(query: Slow), hangUp.Token);
        var id = await RunningAsync(client);
        await hangUp.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
        Assert.Equal("cancelled", Text(await client.EndAsync(id, Ct, seconds: 5), "status"));
        await MemoryIsFreeAsync(client);
    }

    [Fact]
    public async Task Keyed_call_that_breaks_off_leaves_its_key_free()
    {
        using var client = await TenantAsync("keyed-gone");
        client.DefaultRequestHeaders.Add("Idempotency-Key", "k");
        using var hangUp = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        var call = client.PostAsJsonAsync("api/sync/start", Inline(query: Slow + " WHERE i > 0"), hangUp.Token);
        var first = await RunningAsync(client);
        await hangUp.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
        Assert.Equal("cancelled", Text(await client.EndAsync(first, Ct, seconds: 5), "status"));
        Assert.DoesNotContain(_system.Running.Processes, p => p.Log.Contains("nobody expected", StringComparison.Ordinal));
        using var again = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        var repeat = RepeatAsync(client, again.Token);
        Assert.NotEqual(first, await RunningAsync(client));
        await again.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => repeat);
    }

    /// <summary>Again until the first call's key is free: that is a moment after its job's end is seen.</summary>
    private static async Task RepeatAsync(HttpClient client, CancellationToken ct)
    {
        while (true)
        {
            using var answer = await client.PostAsJsonAsync("api/sync/start", Inline(query: Slow + " WHERE i > 0"), ct);
            if (answer.StatusCode != HttpStatusCode.Conflict) return;
            await Task.Delay(50, ct);
        }
    }

    [Fact]
    public async Task Repeat_by_key_is_answered_with_the_outcome_and_no_record()
    {
        using var client = await TenantAsync("keyed");
        client.DefaultRequestHeaders.Add("Idempotency-Key", "k");
        var first = await client.PostAsync("api/sync/start", Inline(query: "SELECT id FROM things WHERE id < 3"), HttpStatusCode.OK, Ct);
        Assert.Equal(2, first.GetProperty("data").GetArrayLength());
        var repeat = await client.PostAsync("api/sync/start", Inline(query: "SELECT id FROM things WHERE id < 3"), HttpStatusCode.OK, Ct);
        Assert.Equal($$"""{"job_id":"{{Text(first, "job_id")}}","status":"completed"}""", repeat.GetRawText());
        await client.PostAsync("api/sync/start", Inline(query: "SELECT id FROM things WHERE id < 4"), HttpStatusCode.UnprocessableEntity, Ct);
        client.DefaultRequestHeaders.Remove("Idempotency-Key");
        Assert.Equal(1, (await client.GetJsonAsync("api/sync/jobs", Ct)).GetProperty("items").GetArrayLength());
    }

    [Fact]
    public async Task Run_beyond_its_time_fails_with_a_timeout()
    {
        using var client = await TenantAsync("late");
        var problem = await client.PostAsync("api/sync/start", new { source_id = "s", mode = "realtime", timeout_seconds = 1, extraction_params = new { query = Slow }, export_config = new { inline = true } }, HttpStatusCode.GatewayTimeout, Ct);
        Assert.Equal("errors.job.timeout", Text(problem, "message_key"));
        var job = await client.GetJsonAsync($"api/sync/jobs/{Text(problem.GetProperty("message_params"), "job_id")}", Ct);
        Assert.Equal(("failed", "errors.job.timeout"), (Text(job, "status"), Text(job.GetProperty("error_details"), "message_key")));
        await MemoryIsFreeAsync(client);
    }

    [Fact]
    public async Task Source_that_fails_is_told_to_the_caller_and_noted_on_the_job()
    {
        using var client = await TenantAsync("broken");
        var problem = await client.PostAsync("api/sync/start", Inline(query: "SELECT nothing FROM nowhere"), HttpStatusCode.UnprocessableEntity, Ct);
        Assert.Equal("errors.extraction.undefined_table", Text(problem, "message_key"));
        var job = await client.GetJsonAsync($"api/sync/jobs/{Text(problem.GetProperty("message_params"), "job_id")}", Ct);
        Assert.Equal("failed", Text(job, "status"));
    }

    [Fact]
    public async Task Cancel_on_another_machine_ends_the_run_within_two_seconds()
    {
        using var client = await TenantAsync("far");
        using var far = _system.Running.Client("far", address: machines.Far);
        var call = far.PostAsJsonAsync("api/sync/start", Inline(query: Slow), Ct);
        var id = await RunningAsync(client);
        var began = Stopwatch.GetTimestamp();
        await client.PostAsync($"api/sync/jobs/{id}/cancel", new { }, HttpStatusCode.Accepted, Ct);
        using var answer = await call;
        Assert.True(Stopwatch.GetElapsedTime(began) < TimeSpan.FromSeconds(2), $"took {Stopwatch.GetElapsedTime(began)}");
        Assert.Equal(HttpStatusCode.Conflict, answer.StatusCode);
        Assert.Equal("errors.realtime.cancelled", Text(JsonElement.Parse(await answer.Content.ReadAsStringAsync(Ct)), "message_key"));
        Assert.Equal("cancelled", Text(await client.GetJsonAsync($"api/sync/jobs/{id}", Ct), "status"));
    }

    [Fact]
    public async Task Process_told_to_stop_answers_a_run_that_does_not_end_in_time_and_marks_it_failed()
    {
        var (other, address) = await _system.Running.StartApiAsync(Ct, ("DATASYNC_DRAIN_SECONDS", "1"));
        await using var process = other;
        using var client = await TenantAsync("drained");
        using var far = _system.Running.Client("drained", address: address);
        var call = far.PostAsJsonAsync("api/sync/start", Inline(query: Slow), Ct);
        var id = await RunningAsync(client);
        await process.TerminateAsync(Ct);
        using var answer = await call;
        Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
        await process.ExitAsync(Ct).WaitAsync(TimeSpan.FromSeconds(60), Ct);
        var job = await client.GetJsonAsync($"api/sync/jobs/{id}", Ct);
        Assert.Equal(("failed", "errors.service.unavailable"), (Text(job, "status"), Text(job.GetProperty("error_details"), "message_key")));
    }

    [Fact]
    public async Task Run_whose_process_dies_is_marked_failed_and_never_run_again()
    {
        var (other, address) = await _system.Running.StartApiAsync(Ct);
        await using var process = other;
        using var client = await TenantAsync("killed");
        using var far = _system.Running.Client("killed", address: address);
        var call = far.PostAsJsonAsync("api/sync/start", Inline(query: Slow), Ct);
        var id = await RunningAsync(client);
        await process.KillAsync(Ct);
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => call);
        var job = await client.EndAsync(id, Ct, seconds: 30);
        Assert.Equal(("failed", "errors.job.realtime_lost"), (Text(job, "status"), Text(job.GetProperty("error_details"), "message_key")));
        Assert.Equal(0, job.GetProperty("progress").GetProperty("exported").GetInt32());
    }

    [Fact]
    public async Task Records_beyond_the_memory_are_refused_with_limit_and_size()
    {
        using var near = await TenantAsync("large");
        using var client = _system.Running.Client("large", address: machines.Far);
        var problem = await client.PostAsync("api/sync/start", Inline(), HttpStatusCode.RequestEntityTooLarge, Ct);
        Assert.Equal(("errors.realtime.too_large", "SYNC_220"), (Text(problem, "message_key"), Text(problem, "error_code")));
        var values = problem.GetProperty("message_params");
        Assert.Equal((1 << 20) / 100 * 50, values.GetProperty("limit").GetInt64());
        Assert.True(values.GetProperty("size").GetInt64() > values.GetProperty("limit").GetInt64());
        var job = await near.GetJsonAsync($"api/sync/jobs/{Text(values, "job_id")}", Ct);
        Assert.Equal(("failed", 0), (Text(job, "status"), job.GetProperty("progress").GetProperty("exported").GetInt32()));
        var small = await client.PostAsync("api/sync/start", Inline(query: "SELECT * FROM things WHERE id <= 1000"), HttpStatusCode.OK, Ct);
        Assert.Equal(1000, small.GetProperty("data").GetArrayLength());
        await MemoryIsFreeAsync(client);
    }

    [Fact]
    public async Task Tenant_at_its_limit_on_another_machine_is_refused_in_time()
    {
        using var client = await TenantAsync("busy");
        using var far = _system.Running.Client("busy", address: machines.Far);
        using var hangUp = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        var call = client.PostAsJsonAsync("api/sync/start", Inline(query: Slow), hangUp.Token);
        await RunningAsync(client);
        using var refused = await far.PostAsJsonAsync("api/sync/start", Inline(query: "SELECT 1"), Ct);
        Assert.Equal((HttpStatusCode.TooManyRequests, "1"), (refused.StatusCode, refused.Headers.RetryAfter?.ToString()));
        Assert.Equal("errors.realtime.too_many", Text(JsonElement.Parse(await refused.Content.ReadAsStringAsync(Ct)), "message_key"));
        await hangUp.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
    }

    [Theory]
    [InlineData("""{"source_id":"s","mode":"async","export_config":{"inline":true}}""", "/export_config/inline")]
    [InlineData("""{"source_id":"s","export_config":{"inline":true}}""", "/export_config/inline")]
    [InlineData("""{"source_id":"s","mode":"realtime","output_format":"csv","export_config":{"inline":true}}""", "/output_format")]
    [InlineData("""{"source_id":"s","mode":"realtime","processing_rules":{"routing":[]}}""", "/processing_rules/routing")]
    public async Task Members_that_do_not_go_together_are_refused(string start, string path)
    {
        using var client = await TenantAsync("mixed");
        var problem = await client.PostAsync("api/sync/start", JsonElement.Parse(start), HttpStatusCode.UnprocessableEntity, Ct);
        Assert.Equal(path, Text(Assert.Single(problem.GetProperty("errors").EnumerateArray()), "path"));
    }

    private static object Inline(string? refinement = null, string? query = null) => new
    {
        source_id = "s",
        mode = "realtime",
        extraction_params = query is null ? (object)new { } : new { query },
        refinement_config = JsonElement.Parse(refinement ?? "{}"),
        export_config = new { inline = true },
    };

    private static string? Text(JsonElement element, string name) => element.GetProperty(name).GetString();

    private async Task<HttpClient> TenantAsync(string tenant)
    {
        var client = _system.Running.Client(tenant);
        using var made = await client.PostAsJsonAsync("api/sources", _system.Running.Source("s", new { table = "things" }), Ct);
        Assert.Contains(made.StatusCode, (HttpStatusCode[])[HttpStatusCode.Created, HttpStatusCode.Conflict]);
        return client;
    }

    private static async Task<Guid> RunningAsync(HttpClient client)
    {
        Guid? id = null;
        await RunningSystem.WaitAsync("the run to begin", async () =>
        {
            var running = (await client.GetJsonAsync("api/sync/jobs?status=running", Ct)).GetProperty("items").EnumerateArray().ToList();
            id = running.Count > 0 ? running[0].GetProperty("job_id").GetGuid() : null;
            return id is not null;
        }, Ct);
        return id!.Value;
    }

    /// <summary>The process says that it holds nothing.</summary>
    private static Task MemoryIsFreeAsync(HttpClient client) => RunningSystem.WaitAsync("the memory to be given back", async () =>
    {
        var metrics = await client.GetStringAsync("metrics", Ct);
        var line = metrics.Split('\n').Single(l => l.StartsWith("datasync_realtime_memory_bytes", StringComparison.Ordinal) && !l.Contains("limit", StringComparison.Ordinal));
        return line.Split(' ')[1] == "0";
    }, Ct, seconds: 10);

    /// <summary>The system, and a second machine with an API of little memory that takes one run of a tenant at once and lets callers wait a second.</summary>
    public sealed class Machines : IAsyncLifetime
    {
        public EndToEndTests.System Near { get; } = new();

        public Uri Far { get; private set; } = new("http://127.0.0.1/");

        public async ValueTask InitializeAsync()
        {
            await Near.InitializeAsync();
            (_, Far) = await Near.Running.StartApiAsync(
                Ct, ("SYNC_REALTIME_MAX_MEMORY_MB", "1"), ("SYNC_MAX_CONCURRENT_JOBS_PER_TENANT", "1"), ("DATASYNC_REALTIME_WAIT_SECONDS", "1"));
        }

        public ValueTask DisposeAsync() => Near.DisposeAsync();
    }
}
