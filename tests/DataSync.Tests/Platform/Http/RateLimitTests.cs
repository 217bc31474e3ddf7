using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

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

    [Theory]
    [InlineData("/errors/SYNC_113", null)]
    [InlineData("/hangfire/login", null)]
    [InlineData("/health/live", null)]
    [InlineData("/api/samples", "no.valid.token")]
    [InlineData("/nothing/there", null)]
    public async Task Requests_without_a_tenant_are_limited_by_address_and_tenants_behind_it_go_on(string path, string? token)
    {
        await using var host = new ApiHost().With("DATASYNC_ANONYMOUS_PER_SECOND_AND_ADDRESS", "1");
        await host.InitializeAsync();
        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => host.GetAsync(path, token, ("Accept-Language", "zh-CN"))));
        var refused = answers.Where(a => a.Status == 429).ToList();
        Assert.InRange(answers.Length - refused.Count, 1, 10);
        Assert.All(refused, answer =>
        {
            Assert.Equal(("errors.request.too_many", "application/problem+json"), (answer.Key, answer.Headers["Content-Type"]));
            Assert.InRange(int.Parse(answer.Headers["Retry-After"], CultureInfo.InvariantCulture), 1, 60);
            Assert.Contains(answer.Json.GetProperty("message").GetString()!, c => c is >= '\u4e00' and <= '\u9fff');
        });
        Assert.Equal(200, (await host.GetAsync("/api/samples", host.Token())).Status);
    }

    [Fact]
    public async Task Requests_without_a_tenant_are_limited_altogether_and_probes_are_not_among_them()
    {
        await using var host = new ApiHost().With("DATASYNC_ANONYMOUS_PER_SECOND", "1");
        await host.InitializeAsync();
        List<HttpStatusCode> found = [], probes = [];
        for (var address = 1; address <= 20; address++)
        {
            using var client = From($"127.0.0.{address}", host.Client.BaseAddress!);
            found.Add((await client.GetAsync("/errors/SYNC_113", TestContext.Current.CancellationToken)).StatusCode);
            probes.Add((await client.GetAsync("/health/live", TestContext.Current.CancellationToken)).StatusCode);
        }

        Assert.All(probes, status => Assert.Equal(HttpStatusCode.OK, status));
        Assert.Equal([HttpStatusCode.OK, HttpStatusCode.TooManyRequests], found.Distinct().Order());
        Assert.Equal(200, (await host.GetAsync("/api/samples", host.Token())).Status);
    }

    /// <summary>A proxy asks whether a process lives from the same address from which it passes on what strangers ask.</summary>
    [Fact]
    public async Task Probes_are_answered_where_their_address_has_used_up_its_limit()
    {
        await using var host = new ApiHost().With("DATASYNC_ANONYMOUS_PER_SECOND_AND_ADDRESS", "1");
        await host.InitializeAsync();
        List<int> found = [];
        for (var i = 0; i < 20; i++) found.Add((await host.GetAsync("/errors/SYNC_113")).Status);
        Assert.Contains(429, found);
        Assert.Equal(200, (await host.GetAsync("/health/live")).Status);
    }

    [Fact]
    public async Task Requests_that_are_being_answered_are_limited_by_address_and_altogether_until_they_end()
    {
        await using var host = new ApiHost().With("DATASYNC_ANONYMOUS_AT_ONCE", "3");
        await host.InitializeAsync();
        List<TcpClient> slow = [];
        try
        {
            foreach (var address in (string[])["127.0.0.1", "127.0.0.1", "127.0.0.2"]) slow.Add(await SlowAsync(address, host.Client.BaseAddress!));
            Assert.Equal(429, (await host.GetAsync("/hangfire/login")).Status);
            using var other = From("127.0.0.3", host.Client.BaseAddress!);
            using var refused = await other.GetAsync("/hangfire/login", TestContext.Current.CancellationToken);
            Assert.Equal(HttpStatusCode.TooManyRequests, refused.StatusCode);
            Assert.NotNull(refused.Headers.RetryAfter);
            Assert.Equal((200, 200), ((await host.GetAsync("/health/live")).Status, (await host.GetAsync("/api/samples", host.Token())).Status));

            // An address has half of all, rounded up: with one of its two ended it is let in, and the others are not waited for.
            slow[0].Dispose();
            for (var i = 0; (await host.GetAsync("/hangfire/login")).Status != 200; i++)
            {
                Assert.True(i < 500, "The place is not given back.");
                await Task.Delay(20, TestContext.Current.CancellationToken);
            }
        }
        finally
        {
            foreach (var client in slow) client.Dispose();
        }
    }

    private static HttpClient From(string address, Uri host) => new(new SocketsHttpHandler
    {
        ConnectCallback = async (context, ct) =>
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            socket.Bind(new IPEndPoint(IPAddress.Parse(address), 0));
            await socket.ConnectAsync(context.DnsEndPoint.Host, context.DnsEndPoint.Port, ct);
            return new NetworkStream(socket, ownsSocket: true);
        },
    })
    { BaseAddress = host };

    /// <summary>A request that is being answered, and whose body does not come.</summary>
    private static async Task<TcpClient> SlowAsync(string address, Uri host)
    {
        var client = new TcpClient(new IPEndPoint(IPAddress.Parse(address), 0));
        await client.ConnectAsync(IPAddress.Loopback, host.Port, TestContext.Current.CancellationToken);
        await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes("POST /hangfire/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 10\r\nExpect: 100-continue\r\n\r\n"), TestContext.Current.CancellationToken);
        var told = new byte[12];
        await client.GetStream().ReadExactlyAsync(told, TestContext.Current.CancellationToken);
        Assert.Equal("HTTP/1.1 100", Encoding.ASCII.GetString(told));
        return client;
    }
}
