using DataSync.Platform.Monitoring;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Time.Testing;

namespace DataSync.Tests.Platform.Monitoring;

public class TracedRequestsTests
{
    [Theory]
    [InlineData("GET", "/health/live", false)]
    [InlineData("GET", "/api/exports/links/secret", false)]
    [InlineData("GET", "/API/Exports/Links/secret", false)]
    [InlineData("POST", "/api/sync/start", true)]
    [InlineData("GET", "/api/webhooks/deliveries", true)]
    public void Includes_a_request_by_its_path(string method, string path, bool expected)
        => Assert.Equal(Enumerable.Repeat(expected, 50), Enumerable.Repeat(new TracedRequests(new FakeTimeProvider()), 50).Select(t => t.Includes(Request(method, path))));

    [Fact]
    public void Includes_so_many_deliveries_in_a_second_and_as_many_in_the_next()
    {
        var time = new FakeTimeProvider();
        var traced = new TracedRequests(time);
        Assert.Equal(TracedRequests.DeliveriesPerSecond, Enumerable.Range(0, 1000).Count(_ => traced.Includes(Request("POST", "/api/webhooks/acme/shop"))));
        Assert.True(traced.Includes(Request("POST", "/api/sync/start")));
        time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(TracedRequests.DeliveriesPerSecond, Enumerable.Range(0, 1000).Count(_ => traced.Includes(Request("POST", "/api/webhooks/acme/shop"))));
    }

    private static HttpRequest Request(string method, string path) => new DefaultHttpContext { Request = { Method = method, Path = path } }.Request;
}
