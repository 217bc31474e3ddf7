using Microsoft.Extensions.Logging;

namespace DataSync.Tests.Platform.Http;

public sealed class ProblemTests(ApiHost host) : IClassFixture<ApiHost>
{
    [Fact]
    public async Task Problem_has_every_member_of_the_contract()
    {
        var answer = await host.PostAsync("/api/samples/fail/faults", "{}");

        Assert.Equal(422, answer.Status);
        Assert.Equal(
            ["type", "title", "status", "detail", "error_code", "error_type", "message_key", "message", "message_params", "details", "errors", "correlation_id", "timestamp", "tenant_id"],
            answer.Json.EnumerateObject().Select(m => m.Name));
        Assert.Equal("/errors/SYNC_100", answer.Json.GetProperty("type").GetString());
        Assert.Equal("ValidationError", answer.Json.GetProperty("error_type").GetString());
        Assert.Equal(answer.Headers["X-Correlation-Id"], answer.Json.GetProperty("correlation_id").GetString());
        Assert.Equal("2026-05-04T03:02:01Z", answer.Json.GetProperty("timestamp").GetString());
        Assert.Equal("demo", answer.Json.GetProperty("tenant_id").GetString());
        Assert.Equal(["/a faults.required", "/b faults.unknown"], answer.Faults);
    }

    [Theory]
    [InlineData("exception", 500, "errors.internal")]
    [InlineData("uncatalogued", 500, "errors.internal")]
    [InlineData("database", 503, "errors.database.unavailable")]
    [InlineData("failure", 503, "errors.readiness.timeout")]
    [InlineData("not_found", 404, "errors.request.not_found")]
    public async Task Failure_is_answered_by_its_key_and_never_shows_its_exception(string how, int status, string key)
    {
        var answer = await host.PostAsync($"/api/samples/fail/{how}", "{}");

        Assert.Equal(status, answer.Status);
        Assert.Equal(key, answer.Key);
        Assert.DoesNotContain("hunter2", answer.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("Exception", answer.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("{", answer.Json.GetProperty("message").GetString()!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Exception_is_logged_once_with_correlation_id_and_tenant()
    {
        var answer = await host.PostAsync("/api/samples/fail/exception", "{}");

        var id = answer.Headers["X-Correlation-Id"];
        var line = Assert.Single(host.Log.Lines, l => l.Level >= LogLevel.Error && Equals(l.Scope.GetValueOrDefault("CorrelationId"), id));
        Assert.Equal(1200, line.EventId);
        Assert.Contains("hunter2", line.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Failure_with_a_wait_says_when_to_come_back()
    {
        var answer = await host.PostAsync("/api/samples/fail/busy", "{}");

        Assert.Equal(429, answer.Status);
        Assert.Equal("7", answer.Headers["Retry-After"]);
        Assert.Equal(7, answer.Json.GetProperty("details").GetProperty("retry_after_seconds").GetInt32());
    }

    [Fact]
    public async Task Failure_after_the_answer_began_cuts_the_connection()
        => await Assert.ThrowsAnyAsync<HttpRequestException>(() => host.PostAsync("/api/samples/fail/started", "{}"));

    [Theory]
    [InlineData("GET", "/nowhere", 404, "errors.request.not_found")]
    [InlineData("PATCH", "/api/samples", 405, "errors.request.method")]
    [InlineData("GET", "/hangfire/login/x", 404, "errors.request.not_found")]
    public async Task Refusal_of_routing_is_a_problem(string method, string path, int status, string key)
    {
        var answer = await host.SendAsync(new HttpMethod(method), path);

        Assert.Equal(status, answer.Status);
        Assert.Equal(key, answer.Key);
        Assert.Equal(status == 405, answer.Headers.ContainsKey("Allow"));
    }

    [Theory]
    [InlineData(null, null, "The request was refused")]
    [InlineData("zh-CN", null, "请求被拒绝")]
    [InlineData("fr, zh;q=0.8, en;q=0.5", null, "请求被拒绝")]
    [InlineData("zh-CN", "en-US", "The request was refused")]
    [InlineData("en", "zh-CN", "请求被拒绝")]
    [InlineData("en", "xx", "The request was refused")]
    public async Task Problem_speaks_the_language_of_the_token_then_of_the_header(string? header, string? claim, string title)
    {
        var answer = await host.PostAsync("/api/samples", "{", host.Token(language: claim), header is null ? [] : [("Accept-Language", header)]);

        Assert.Equal(title, answer.Json.GetProperty("title").GetString());
        Assert.Equal(title[0] > 127 ? "zh-CN" : "en-US", answer.Headers["Content-Language"]);
    }

    [Fact]
    public async Task Caller_who_leaves_is_no_error_in_the_log()
    {
        host.Samples.Gate = () => Task.Delay(TimeSpan.FromSeconds(1), TestContext.Current.CancellationToken);
        using var source = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        source.CancelAfter(TimeSpan.FromMilliseconds(200));
        var before = host.Log.Lines.Count(l => l.Level >= LogLevel.Error);
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/samples") { Content = new StringContent(SampleRequest.Valid, System.Text.Encoding.UTF8, "application/json") };
        request.Headers.Authorization = new("Bearer", host.Token());

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => host.Client.SendAsync(request, source.Token));
        await Task.Delay(TimeSpan.FromSeconds(1.5), TestContext.Current.CancellationToken);
        host.Samples.Gate = null;

        Assert.Equal(before, host.Log.Lines.Count(l => l.Level >= LogLevel.Error));
    }

    [Fact]
    public async Task Too_large_a_body_ends_the_connection_by_word()
    {
        var answer = await host.PostAsync("/api/samples", new string(' ', 2 << 20));

        Assert.Equal(413, answer.Status);
        Assert.Equal("close", answer.Headers["Connection"]);
    }

    [Fact]
    public async Task Type_of_a_problem_is_a_link_that_explains_it()
    {
        var answer = await host.GetAsync("/errors/SYNC_100", null, ("Accept-Language", "zh-CN"));

        Assert.Equal(200, answer.Status);
        Assert.Equal("errors.request.invalid", answer.Key);
        Assert.Contains("请求无效", answer.Text, StringComparison.Ordinal);
        Assert.Equal(404, (await host.GetAsync("/errors/SYNC_nothing")).Status);
    }
}
