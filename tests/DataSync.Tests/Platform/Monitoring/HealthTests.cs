using System.Net;
using DataSync.Pipeline.Failures;
using DataSync.Platform.Monitoring;
using DataSync.Tests.Platform.Http;
using Microsoft.Extensions.Configuration;

namespace DataSync.Tests.Platform.Monitoring;

public sealed class HealthTests : IAsyncLifetime
{
    private readonly ApiHost _host = new();

    public ValueTask InitializeAsync() => _host.InitializeAsync();

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    [Fact]
    public async Task Live_asks_no_check()
    {
        _host.Samples.Unready = SyncFailure.Transient("errors.service.unavailable");

        Assert.Equal(200, (await _host.GetAsync("/health/live")).Status);
        Assert.Equal(0, _host.Samples.Asked);
    }

    [Fact]
    public async Task Ready_names_each_check()
    {
        var answer = await _host.GetAsync("/health/ready");

        Assert.Equal(200, answer.Status);
        Assert.Equal("ok", answer.Json.GetProperty("status").GetString());
        Assert.Equal("sample", Assert.Single(answer.Json.GetProperty("checks").EnumerateArray()).GetProperty("name").GetString());
    }

    [Fact]
    public async Task Failed_check_is_503_with_its_message_in_the_callers_language()
    {
        _host.Samples.Unready = SyncFailure.Transient("errors.readiness.timeout", ("seconds", 5));

        var answer = await _host.GetAsync("/health/ready", null, ("Accept-Language", "zh-CN"));

        Assert.Equal(503, answer.Status);
        var check = Assert.Single(answer.Json.GetProperty("checks").EnumerateArray());
        Assert.Equal(("failed", "SYNC_131"), (check.GetProperty("status").GetString(), check.GetProperty("error_code").GetString()));
        Assert.Contains("检查未能在 5 秒内完成", check.GetProperty("message").GetString()!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Answer_is_kept_for_a_second()
    {
        for (var i = 0; i < 5; i++) await _host.GetAsync("/health/ready");
        Assert.Equal(1, _host.Samples.Asked);

        _host.Samples.Unready = SyncFailure.Transient("errors.service.unavailable");
        _host.Time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(503, (await _host.GetAsync("/health/ready")).Status);
        Assert.Equal(2, _host.Samples.Asked);
    }

    [Fact]
    public async Task Metrics_are_in_the_Prometheus_format()
    {
        await _host.GetAsync("/health/live");

        var answer = await _host.GetAsync("/metrics");

        Assert.Equal(200, answer.Status);
        Assert.Contains("# TYPE http_server_request_duration_seconds histogram", answer.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Strangers_see_no_metrics_and_no_single_checks()
    {
        await using var host = new ApiHost().With("DATASYNC_METRICS_ALLOW", "10.0.0.0/8");
        await host.InitializeAsync();

        Assert.Equal("errors.request.not_found", (await host.GetAsync("/metrics", null, ("X-Forwarded-For", "10.1.1.1"))).Key);
        var ready = await host.GetAsync("/health/ready");
        Assert.Equal("""{"status":"ok","checks":null}""", ready.Text);
    }

    [Theory]
    [InlineData("", "127.0.0.1", true)]
    [InlineData("", "::1", true)]
    [InlineData("", "::ffff:127.0.0.1", true)]
    [InlineData("", "10.0.0.1", false)]
    [InlineData("10.0.0.0/8, fd00::/8", "10.255.0.1", true)]
    [InlineData("10.0.0.0/8, fd00::/8", "fd12::1", true)]
    [InlineData("10.0.0.0/8, fd00::/8", "127.0.0.1", false)]
    [InlineData("192.0.2.7", "192.0.2.7", true)]
    [InlineData("192.0.2.7", "192.0.2.8", false)]
    public void Allow_list_holds_networks_and_addresses(string setting, string address, bool allowed)
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection([new("DATASYNC_METRICS_ALLOW", setting)]).Build();

        Assert.Equal(allowed, ObserverAllowList.Read(new DataSync.Platform.Settings.SettingsReader(configuration)).Allows(IPAddress.Parse(address)));
    }
}
