namespace DataSync.Tests.Platform.Http;

public sealed class CorrelationTests(ApiHost host) : IClassFixture<ApiHost>
{
    private const string Trace = "0af7651916cd43dd8448eb211c80319c";

    [Fact]
    public async Task Incoming_trace_id_is_the_correlation_id()
    {
        var answer = await SendAsync($"00-{Trace}-b7ad6b7169203331-01");

        Assert.Contains($"X-Correlation-Id: {Trace}\r\n", answer, StringComparison.Ordinal);
        Assert.Contains($"\"correlation_id\":\"{Trace}\"", answer, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("nonsense")]
    [InlineData("00-00000000000000000000000000000000-b7ad6b7169203331-01")]
    [InlineData("00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01")]
    public async Task Wrong_traceparent_is_replaced_by_a_new_id(string header)
    {
        var answer = await SendAsync(header);

        Assert.Matches("X-Correlation-Id: [0-9a-f]{32}\r\n", answer);
        Assert.DoesNotContain(Trace, answer, StringComparison.Ordinal);
        Assert.DoesNotContain(new string('0', 32), answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Each_request_has_an_id_of_its_own()
    {
        var first = await host.GetAsync("/nowhere");
        var second = await host.GetAsync("/nowhere");

        Assert.NotEqual(first.Headers["X-Correlation-Id"], second.Headers["X-Correlation-Id"]);
    }

    /// <summary>By hand: the client library would put its own trace in.</summary>
    private Task<string> SendAsync(string traceparent)
        => host.RawAsync($"GET /api/samples/who/am/i HTTP/1.1\r\nHost: a\r\nConnection: close\r\nAuthorization: Bearer {host.Token()}\r\ntraceparent: {traceparent}\r\n\r\n");
}
