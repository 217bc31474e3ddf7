using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Npgsql;

namespace DataSync.IntegrationTests.Host;

/// <summary>What the API's and the worker's processes export as traces.</summary>
public sealed class TraceTests(TraceTests.Traced traced) : IClassFixture<TraceTests.Traced>
{
    private const string CallersTrace = "4bf92f3577b34da6a3ce929d0e0e4736";
    private const string CallersSpan = "00f067aa0ba902b7";

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task One_trace_goes_from_the_request_through_the_run_to_its_stages()
    {
        using var client = traced.System.Client("traced");
        await client.PostAsync("api/sources", traced.System.Source("s", new { table = "things" }), HttpStatusCode.Created, Ct);
        var (job, correlation) = await StartAsync(client);
        Assert.Equal("completed", (await client.EndAsync(job, Ct)).GetProperty("status").GetString());
        var trace = await CompleteAsync(correlation);

        var request = Assert.Single(trace, s => s.ParentId.Length == 0);
        Assert.Equal(("datasync-api", 2, "POST /api/sync/start"), (request.Service, request.Kind, request.Name));
        CheckRun(trace, request);
    }

    [Fact]
    public async Task Trace_of_the_caller_goes_on()
    {
        using var client = traced.System.Client("caller");
        await client.PostAsync("api/sources", traced.System.Source("s", new { table = "things" }), HttpStatusCode.Created, Ct);
        client.DefaultRequestHeaders.Add("traceparent", $"00-{CallersTrace}-{CallersSpan}-01");
        var (job, correlation) = await StartAsync(client);
        client.DefaultRequestHeaders.Remove("traceparent");
        Assert.Equal(CallersTrace, correlation);
        await client.EndAsync(job, Ct);
        var trace = await CompleteAsync(CallersTrace);

        Assert.DoesNotContain(trace, s => s.ParentId.Length == 0);
        var request = Assert.Single(trace, s => s.ParentId == CallersSpan);
        Assert.Equal(("datasync-api", 2), (request.Service, request.Kind));
        CheckRun(trace, request);
    }

    [Fact]
    public async Task Realtime_run_and_its_stages_hang_below_the_request_that_runs_it()
    {
        using var client = traced.System.Client("inline");
        await client.PostAsync("api/sources", traced.System.Source("s", new { table = "things" }), HttpStatusCode.Created, Ct);
        using var answer = await client.PostAsJsonAsync("api/sync/start", new { source_id = "s", mode = "realtime", export_config = new { inline = true } }, Ct);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        var trace = await CompleteAsync(Assert.Single(answer.Headers.GetValues("X-Correlation-Id")));

        var request = Assert.Single(trace, s => s.ParentId.Length == 0);
        Assert.Equal(("datasync-api", 2, "POST /api/sync/start"), (request.Service, request.Kind, request.Name));
        CheckRun(trace, request, "datasync-api");
    }

    [Fact]
    public async Task Neither_traces_nor_metrics_hold_what_a_tenant_asks_for_or_gets()
    {
        using var client = traced.System.Client("secretive");
        var query = "SELECT name, 'canary-literal' AS secret FROM things WHERE name <> @name";
        await client.PostAsync("api/sources", traced.System.Source("s", new { query, parameters = new { name = "canary-parameter" } }), HttpStatusCode.Created, Ct);
        await client.PostAsync("api/sources/s/preview", new { }, HttpStatusCode.OK, Ct);
        var (job, correlation) = await StartAsync(client);
        Assert.Equal("completed", (await client.EndAsync(job, Ct)).GetProperty("status").GetString());

        // PostgreSQL quotes the value in its message.
        await client.PostAsync("api/sources", traced.System.Source("broken", new { query = "SELECT ('canary-value' || id)::int FROM things" }), HttpStatusCode.Created, Ct);
        var broken = await client.StartAsync(new { source_id = "broken" }, Ct);
        var failed = await client.EndAsync(broken, Ct);
        Assert.Equal("failed", failed.GetProperty("status").GetString());

        Assert.Contains(await CompleteAsync(correlation), s => s.Scope == "Npgsql" && s.Attributes.GetValueOrDefault("db.namespace") == new NpgsqlConnectionStringBuilder(traced.System.SourceDatabase).Database);
        await CompleteAsync(failed.GetProperty("correlation_id").GetString()!);
        if (traced.Collector.FindInTraces("canary-") is { } leak) Assert.Fail(leak);
        await RunningSystem.WaitAsync("the job's metrics", () => Task.FromResult(traced.Collector.FindInMetrics("datasync.jobs") is not null), Ct);
        await Task.Delay(600, Ct);
        Assert.Equal("", traced.Collector.FindInMetrics("datasync_source") ?? "");
        Assert.Equal("", traced.Collector.FindInMetrics("secretive") ?? "");
    }

    /// <summary>The run's spans hang below the request, the stages one after the other below the run, and no span's parent is missing.</summary>
    private static void CheckRun(IReadOnlyList<ExportedSpan> trace, ExportedSpan request, string service = "datasync-worker")
    {
        var run = Assert.Single(trace, s => s.Name == "sync.run");
        Assert.Equal((service, "DataSync", 5, request.SpanId), (run.Service, run.Scope, run.Kind, run.ParentId));
        var stages = trace.Where(s => s.ParentId == run.SpanId && s.Scope == "DataSync").ToList();
        Assert.Equal(["sync.export", "sync.extract"], stages.Select(s => s.Name).Order(StringComparer.Ordinal));
        Assert.All(stages, s => Assert.Equal(service, s.Service));

        // A realtime run stores nothing, and exports from memory.
        Assert.All(stages.Where(s => service == "datasync-worker" || s.Name == "sync.extract"), stage => Assert.Contains(trace, s => s.ParentId == stage.SpanId && s.Scope == "Npgsql"));
        var known = trace.Select(s => s.SpanId).ToHashSet(StringComparer.Ordinal);
        Assert.All(trace.Where(s => s != request), s => Assert.Contains(s.ParentId, known));
        Assert.Equal(trace.Count, known.Count);
    }

    /// <summary>Starts a sync; returns the job and the trace that the answer names, in its header and in the job alike.</summary>
    private static async Task<(Guid Job, string Correlation)> StartAsync(HttpClient client)
    {
        using var answer = await client.PostAsJsonAsync("api/sync/start", new { source_id = "s", output_format = "jsonl" }, Ct);
        Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode);
        var correlation = Assert.Single(answer.Headers.GetValues("X-Correlation-Id"));
        var job = JsonElement.Parse(await answer.Content.ReadAsStringAsync(Ct));
        Assert.Equal(correlation, job.GetProperty("correlation_id").GetString());
        return (job.GetProperty("job_id").GetGuid(), correlation);
    }

    /// <summary>The trace once both processes have sent all of it: the run's span ends last.</summary>
    private async Task<IReadOnlyList<ExportedSpan>> CompleteAsync(string traceId)
    {
        var before = -1;
        await RunningSystem.WaitAsync("the trace to be exported", async () =>
        {
            await Task.Delay(500, Ct);
            var trace = traced.Collector.Trace(traceId);
            if (trace.Count == before && trace.Any(s => s.Name == "sync.run")) return true;
            before = trace.Count;
            return false;
        }, Ct);
        return traced.Collector.Trace(traceId);
    }

    /// <summary>The system with one worker, exporting its traces to a collector of ours.</summary>
    public sealed class Traced : IAsyncLifetime
    {
        public RunningSystem System { get; } = new();

        internal TraceCollector Collector { get; private set; } = null!;

        public async ValueTask InitializeAsync()
        {
            Collector = await TraceCollector.StartAsync(Ct);
            System.Settings.AddRange([("OTEL_EXPORTER_OTLP_ENDPOINT", Collector.Endpoint), ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"), ("OTEL_BSP_SCHEDULE_DELAY", "100"), ("OTEL_METRIC_EXPORT_INTERVAL", "500")]);
            await System.InitializeAsync();
            System.Start("worker");
            await using var source = NpgsqlDataSource.Create(System.SourceDatabase);
            await using var make = source.CreateCommand("CREATE TABLE things (id bigint PRIMARY KEY, name text); INSERT INTO things SELECT i, 'canary-payload-' || i FROM generate_series(1, 500) i");
            await make.ExecuteNonQueryAsync(Ct);
        }

        public async ValueTask DisposeAsync()
        {
            await System.DisposeAsync();
            await Collector.DisposeAsync();
        }
    }
}
