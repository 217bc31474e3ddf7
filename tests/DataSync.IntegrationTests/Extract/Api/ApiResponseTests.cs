using System.Diagnostics;
using System.Globalization;
using DataSync.Pipeline.Failures;
using Microsoft.AspNetCore.Http;

namespace DataSync.IntegrationTests.Extract.Api;

public sealed class ApiResponseTests
{
    private const string Busy = """{"status":200,"path":"error.code","equals":"BUSY","then":"rate_limited"}""";

    private int _answered;

    [Theory]
    [InlineData(500, "", "errors.api.status", "Transient")]
    [InlineData(502, "", "errors.api.status", "Transient")]
    [InlineData(503, "", "errors.api.status", "Transient")]
    [InlineData(408, "", "errors.api.status", "Transient")]
    [InlineData(404, "", "errors.api.status", "Permanent")]
    [InlineData(400, "", "errors.api.status", "Permanent")]
    [InlineData(501, "", "errors.api.status", "Permanent")]
    [InlineData(304, "", "errors.api.status", "Permanent")]
    [InlineData(404, """{"status":404,"then":"retry"}""", "errors.api.status", "Transient")]
    [InlineData(503, """{"status":"5xx","then":"fail"}""", "errors.api.status", "Permanent")]
    [InlineData(200, """{"status":200,"path":"error.code","equals":7,"then":"retry"}""", "errors.api.status", "Transient")]
    [InlineData(400, """{"status":[400,409],"path":"error.code","equals":"7","then":"retry"}""", "errors.api.status", "Transient")]
    [InlineData(400, """{"status":400,"path":"error.code","equals":"8","then":"retry"}""", "errors.api.status", "Permanent")]
    [InlineData(400, """{"header":"X-Kind","equals":"soft","then":"retry"}""", "errors.api.status", "Transient")]
    [InlineData(400, """{"header":"X-Kind","equals":"hard","then":"retry"}""", "errors.api.status", "Permanent")]
    public async Task Read_an_answer_is_judged_by_the_sources_rules_and_then_by_http(int status, string rule, string key, string kind)
    {
        await using var server = await AnsweringAsync(status, """{"error":{"code":7}}""");
        var failure = await ApiSource.FailureAsync(server.Url, $$"""{"path":"/x","records_path":"items","responses":[{{rule}}]}""");
        Assert.Equal((key, kind, status), (failure.MessageKey, failure.Kind.ToString(), failure.Params!["status"]));
        Assert.Single(server.Asked);
    }

    [Theory]
    [InlineData(404, """{"status":404,"then":"ignore"}""")]
    [InlineData(200, """{"path":"error","then":"ignore"}""")]
    [InlineData(204, "")]
    public async Task Read_an_ignored_answer_is_the_end_without_records(int status, string rule)
    {
        await using var server = await ApiServer.StartAsync(c =>
        {
            if (c.Request.Query["page"] == "1") return ApiServer.WriteAsync(c, """{"items":[1,2]}""");
            c.Response.StatusCode = status;
            return status == 204 ? Task.CompletedTask : ApiServer.WriteAsync(c, """{"error":{"code":7}}""");
        });
        var outcome = await ApiSource.ReadAsync(server.Url, $$"""{"path":"/x","records_path":"items","pagination":{"type":"page"},"responses":[{{rule}}]}""");
        Assert.Equal(["1", "2"], outcome.Documents);
        Assert.Equal(2, server.Asked.Count);
    }

    public static TheoryData<string> Waits => ["1", "0.7", "date"];

    [Theory, MemberData(nameof(Waits))]
    public async Task Read_a_source_that_wants_patience_is_waited_for(string wait)
    {
        await using var server = await ApiServer.StartAsync(c =>
        {
            if (Interlocked.Increment(ref _answered) > 2) return ApiServer.WriteAsync(c, "[1]");
            c.Response.StatusCode = 429;
            AskToWait(c, wait);
            return Task.CompletedTask;
        });
        var clock = Stopwatch.StartNew();
        Assert.Equal(["1"], (await ApiSource.ReadAsync(server.Url, """{"path":"/x"}""")).Documents);
        Assert.Equal(3, server.Asked.Count);
        Assert.InRange(clock.Elapsed.TotalSeconds, wait == "0.7" ? 1.35 : 1.9, 5);
    }

    /// <summary>What says that it is busy by a body of status 200 is known by a rule alone; it comes in the midst of the pages.</summary>
    [Theory, MemberData(nameof(Waits))]
    public async Task Read_a_source_that_is_busy_by_its_rule_is_waited_for_and_gives_every_page(string wait)
    {
        await using var server = await ApiServer.StartAsync(c =>
        {
            var page = int.Parse(c.Request.Query["page"].ToString(), CultureInfo.InvariantCulture);
            if (page != 2 || Interlocked.Increment(ref _answered) > 2) return ApiServer.WriteAsync(c, page > 3 ? """{"items":[]}""" : $$"""{"items":[{{page}}1,{{page}}2]}""");
            AskToWait(c, wait);
            return ApiServer.WriteAsync(c, """{"error":{"code":"BUSY"}}""");
        });
        var clock = Stopwatch.StartNew();
        var outcome = await ApiSource.ReadAsync(server.Url, $$"""{"path":"/x","records_path":"items","pagination":{"type":"page"},"responses":[{{Busy}}]}""");
        Assert.Equal(["11", "12", "21", "22", "31", "32"], outcome.Documents);
        Assert.Equal(["1", "2", "2", "2", "3", "4"], server.Targets.Select(t => t[(t.LastIndexOf('=') + 1)..]));
        Assert.True(clock.Elapsed.TotalSeconds > (wait == "0.7" ? 1.35 : 1.9), $"{clock.Elapsed}");
    }

    [Theory]
    [InlineData("0")]
    [InlineData("Thu, 01 Jan 2015 00:00:00 GMT")]
    public async Task Read_a_source_that_wants_no_patience_is_not_asked_without_a_pause(string wait)
    {
        await using var server = await ApiServer.StartAsync(c =>
        {
            if (Interlocked.Increment(ref _answered) > 2) return ApiServer.WriteAsync(c, "[1]");
            c.Response.StatusCode = 429;
            c.Response.Headers.RetryAfter = wait;
            return Task.CompletedTask;
        });
        var clock = Stopwatch.StartNew();
        Assert.Equal(["1"], (await ApiSource.ReadAsync(server.Url, """{"path":"/x"}""")).Documents);
        Assert.True(clock.Elapsed > TimeSpan.FromSeconds(2.9), $"{clock.Elapsed}");
    }

    [Theory]
    [InlineData(429, ""), InlineData(200, Busy), InlineData(503, """{"status":"5xx","then":"rate_limited"}"""), InlineData(403, """{"status":403,"then":"rate_limited"}""")]
    public async Task Read_a_wait_that_would_last_too_long_is_left_to_the_engine(int status, string rule)
    {
        await using var server = await ApiServer.StartAsync(c =>
        {
            c.Response.StatusCode = status;
            c.Response.Headers.RetryAfter = "7200";
            return ApiServer.WriteAsync(c, """{"error":{"code":"BUSY"}}""");
        });
        var failure = await ApiSource.FailureAsync(server.Url, $$"""{"path":"/x","responses":[{{rule}}]}""");
        Assert.Equal(("errors.api.rate_limited", FailureKind.Transient, TimeSpan.FromHours(1), status), (failure.MessageKey, failure.Kind, failure.RetryAfter!.Value, failure.Params!["status"]));
        Assert.Single(server.Asked);
    }

    [Fact]
    public async Task Read_a_retry_honours_the_wait_the_answer_asks_for()
    {
        await using var server = await ApiServer.StartAsync(c =>
        {
            c.Response.StatusCode = 503;
            c.Response.Headers.RetryAfter = "42";
            return Task.CompletedTask;
        });
        Assert.Equal(TimeSpan.FromSeconds(42), (await ApiSource.FailureAsync(server.Url, """{"path":"/x"}""")).RetryAfter);
    }

    [Theory]
    [InlineData("0")]
    [InlineData("Thu, 01 Jan 2015 00:00:00 GMT")]
    public async Task Read_a_retry_leaves_a_wish_for_no_patience_to_the_policy(string wait)
    {
        await using var server = await ApiServer.StartAsync(c =>
        {
            c.Response.StatusCode = 503;
            c.Response.Headers.RetryAfter = wait;
            return Task.CompletedTask;
        });
        Assert.Null((await ApiSource.FailureAsync(server.Url, """{"path":"/x"}""")).RetryAfter);
    }

    [Fact]
    public async Task Read_a_wait_beyond_the_jobs_own_end_is_not_begun()
    {
        await using var server = await ApiServer.StartAsync(c =>
        {
            c.Response.StatusCode = 429;
            c.Response.Headers.RetryAfter = "120";
            return Task.CompletedTask;
        });
        using var connector = ApiSource.Connector();
        var request = ApiSource.Request("""{"path":"/x"}""") with { StatementTimeout = TimeSpan.FromMinutes(5), Deadline = DateTimeOffset.UtcNow.AddMinutes(1) };
        var failure = await ReadOutcome.FailureAsync(connector, ApiSource.Connection(server.Url), request, TestContext.Current.CancellationToken);
        Assert.Equal(("errors.api.rate_limited", TimeSpan.FromMinutes(2)), (failure.MessageKey, failure.RetryAfter!.Value));
    }

    [Fact]
    public async Task Read_parameters_take_the_place_of_the_querys_own()
    {
        await using var server = await ApiServer.JsonAsync(_ => "[]");
        using var connector = ApiSource.Connector();
        var connection = ApiSource.Connection(server.Url);
        var request = ApiSource.Request("""{"path":"/a b/ü","query":{"tag":["x&y","z"],"since":"never","n":10000000000000000000000001},"cursor_field":"at","cursor_param":"from","cursor_start":"2020-01-01T00:00:00+00:00"}""");
        await ReadOutcome.OfAsync(connector, connection, request, TestContext.Current.CancellationToken);
        var values = System.Text.Json.JsonDocument.Parse("""{"from":"2024-02-03","since":9007199254740993}""").RootElement.EnumerateObject().ToDictionary(p => p.Name, p => p.Value, StringComparer.Ordinal);
        await ReadOutcome.OfAsync(connector, connection, request with { Parameters = values }, TestContext.Current.CancellationToken);
        Assert.Equal(
            [
                "/a%20b/%C3%BC?tag=x%26y&tag=z&since=never&n=10000000000000000000000001&from=2020-01-01T00%3A00%3A00%2B00%3A00",
                "/a%20b/%C3%BC?tag=x%26y&tag=z&n=10000000000000000000000001&from=2024-02-03&since=9007199254740993",
            ],
            server.Targets);
    }

    /// <summary>For so many seconds, or for one by a date of a server whose clock is five hours slow.</summary>
    private static void AskToWait(HttpContext context, string wait)
    {
        var now = DateTimeOffset.UtcNow.AddHours(-5);
        context.Response.Headers.Date = now.ToString("r", CultureInfo.InvariantCulture);
        context.Response.Headers.RetryAfter = wait == "date" ? now.AddSeconds(1).ToString("r", CultureInfo.InvariantCulture) : wait;
    }

    private static Task<ApiServer> AnsweringAsync(int status, string body) => ApiServer.StartAsync(c =>
    {
        c.Response.StatusCode = status;
        c.Response.Headers["X-Kind"] = "soft";
        return status == 304 ? Task.CompletedTask : ApiServer.WriteAsync(c, body);
    });
}
