using System.Globalization;

namespace DataSync.Tests.Platform.Http;

public sealed class RateLimitTests
{
    [Fact]
    public async Task Requests_beyond_a_tenants_burst_are_refused_with_the_time_to_wait_and_other_tenants_go_on()
    {
        await using var host = new ApiHost().With("DATASYNC_RATE_LIMIT_PER_SECOND", "1").With("DATASYNC_RATE_LIMIT_BURST", "3");
        await host.InitializeAsync();
        var busy = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => host.GetAsync("/api/samples", host.Token(tenant: "busy", language: "zh-CN"))));

        var refused = busy.Where(a => a.Status == 429).ToList();
        Assert.InRange(busy.Length - refused.Count, 3, 10); // the burst, and a request for each second that the test may take
        Assert.All(refused, answer =>
        {
            Assert.Equal("errors.request.too_many", answer.Key);
            Assert.InRange(int.Parse(answer.Headers["Retry-After"], CultureInfo.InvariantCulture), 1, 60);
            Assert.Contains(answer.Json.GetProperty("message").GetString()!, c => c is >= '\u4e00' and <= '\u9fff');
        });
        Assert.Equal(200, (await host.GetAsync("/api/samples", host.Token(tenant: "quiet"))).Status);
        Assert.Equal(200, (await host.GetAsync("/health/live")).Status);
    }

    [Fact]
    public async Task Tenant_may_ask_again_after_the_time_it_was_told()
    {
        await using var host = new ApiHost().With("DATASYNC_RATE_LIMIT_PER_SECOND", "2").With("DATASYNC_RATE_LIMIT_BURST", "2");
        await host.InitializeAsync();
        Answer answer;
        do answer = await host.GetAsync("/api/samples", host.Token());
        while (answer.Status == 200);
        await Task.Delay(TimeSpan.FromSeconds(int.Parse(answer.Headers["Retry-After"], CultureInfo.InvariantCulture) + 0.2), TestContext.Current.CancellationToken);
        Assert.Equal(200, (await host.GetAsync("/api/samples", host.Token())).Status);
    }
}
