namespace DataSync.Tests.Platform.Http;

public sealed class SecurityHeaderTests(ApiHost host) : IClassFixture<ApiHost>
{
    [Theory]
    [InlineData("/api/samples/open/time", 200)]
    [InlineData("/api/samples/who/am/i", 401)]
    [InlineData("/nowhere", 404)]
    [InlineData("/health/ready", 200)]
    [InlineData("/errors/SYNC_100", 200)]
    public async Task Data_is_not_sniffed_framed_or_kept(string path, int status)
    {
        var answer = await host.GetAsync(path);

        Assert.Equal(status, answer.Status);
        Assert.Equal("nosniff", answer.Headers["X-Content-Type-Options"]);
        Assert.Equal("DENY", answer.Headers["X-Frame-Options"]);
        Assert.Equal("no-store", answer.Headers["Cache-Control"]);
        Assert.Equal("default-src 'none'; frame-ancestors 'none'", answer.Headers["Content-Security-Policy"]);
        Assert.False(answer.Headers.ContainsKey("Server"));
    }

    [Theory]
    [InlineData("/swagger/index.html")]
    [InlineData("/hangfire/login")]
    public async Task Pages_run_their_own_scripts_only(string path)
    {
        var policy = (await host.GetAsync(path)).Headers["Content-Security-Policy"];

        Assert.Contains("script-src 'self';", policy, StringComparison.Ordinal);
        Assert.Contains("frame-ancestors 'none'", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("unsafe-eval", policy, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Answers_are_snake_case_in_UTC_with_nulls_and_readable_scripts()
        => Assert.Equal("""{"at_time":"2026-01-01T19:04:05Z","name":"数据","none":null}""", (await host.GetAsync("/api/samples/open/time")).Text);

    [Fact]
    public async Task Headers_beyond_the_limit_are_refused_by_the_server()
    {
        var answer = await host.RawAsync($"GET /health/live HTTP/1.1\r\nHost: a\r\nConnection: close\r\nX-Large: {new string('a', 40_000)}\r\n\r\n");

        Assert.StartsWith("HTTP/1.1 431", answer, StringComparison.Ordinal);
    }
}
