using System.Text.Json;
using DataSync.Alerts.Notices;

namespace DataSync.IntegrationTests.Alerts;

/// <summary>What becomes of notices: who sends them, how often, and where they lie when nobody takes them.</summary>
public sealed class NoticeSenderTests(AlertApi api) : IClassFixture<AlertApi>
{
    /// <summary>As docs/alerts.md says.</summary>
    private static readonly int[] Waits = [5, 30, 120, 600, 1800, 7200, 21_600];

    private readonly string _tenant = $"t {Guid.NewGuid():n}";

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Notice_that_nobody_takes_is_tried_at_rising_waits_and_lies_dead_after_the_last()
    {
        var path = await ChannelAsync("down");
        api.Posts.Answer(path, [.. Enumerable.Repeat(503, Waits.Length + 1)]);
        await api.EndJobsAsync(_tenant, 1);
        using var sender = api.NewSender();
        for (var attempt = 1; attempt <= Waits.Length; attempt++)
        {
            var before = await api.ScalarAsync<DateTime>("SELECT now()");
            await SendAllAsync(sender);
            var waiting = Assert.Single(await api.NoticesAsync(_tenant, "pending"));
            Assert.Equal((attempt, "SYNC_332"), (waiting.GetProperty("attempts").GetInt32(), waiting.GetProperty("error_code").GetString()));
            Assert.True(
                await api.ScalarAsync<bool>("SELECT next_at BETWEEN $2 + $3 AND now() + $3 FROM alert_notices WHERE tenant_id = $1", _tenant, before, TimeSpan.FromSeconds(Waits[attempt - 1])),
                $"the wait after try {attempt}");
            Assert.Empty(await api.NoticesAsync(_tenant, "dead"));
            await DueAsync();
        }

        await SendAllAsync(sender);
        var dead = Assert.Single(await api.NoticesAsync(_tenant, "dead"));
        Assert.Equal(
            ("down", "job.completed", Waits.Length + 1, "SYNC_332"),
            (dead.GetProperty("channel_id").GetString(), dead.GetProperty("event").GetString(), dead.GetProperty("attempts").GetInt32(), dead.GetProperty("error_code").GetString()));
        Assert.Contains("503", dead.GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.Equal(JsonValueKind.Null, dead.GetProperty("next_attempt_at").ValueKind);

        // And it is let lie.
        await DueAsync();
        await SendAllAsync(sender);
        Assert.Equal(Waits.Length + 1, api.Posts.At(path).Count);
        Assert.Single(api.Posts.At(path).Select(p => p.Id).Distinct(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Mail_server_where_nobody_may_connect_gets_no_connection_and_the_notice_says_so()
    {
        await api.PutAsync(_tenant, "channels/mail", new { kind = "email", recipients = new[] { "ops@example.com" }, events = new[] { "job.completed" } });
        await api.EndJobsAsync(_tenant, 1);
        using var sender = api.NewSender();
        await SendAllAsync(sender);
        var dead = Assert.Single(await api.NoticesAsync(_tenant, "dead"));
        Assert.Equal((1, "SYNC_009"), (dead.GetProperty("attempts").GetInt32(), dead.GetProperty("error_code").GetString()));
        Assert.Contains("127.0.0.2", dead.GetProperty("message").GetString(), StringComparison.Ordinal);
        api.Mail.AssertUntouched();
    }

    [Fact]
    public async Task Several_senders_send_each_notice_once()
    {
        const int Count = 80;
        var path = await ChannelAsync("many");
        await api.EndJobsAsync(_tenant, Count);
        using var one = api.NewSender();
        using var other = api.NewSender();
        await Task.WhenAll(SendAllAsync(one), SendAllAsync(other));
        Assert.Equal(Count, api.Posts.At(path).Count);
        Assert.Equal(Count, api.Posts.At(path).Select(p => p.Id).Distinct(StringComparer.Ordinal).Count());
        Assert.Equal(Count, (await api.NoticesAsync(_tenant, "delivered")).Count);
    }

    [Fact]
    public async Task Notices_that_a_sender_holds_are_nobody_elses_until_it_has_been_dead_for_a_minute()
    {
        const int Count = 20, Held = 7;
        var path = await ChannelAsync("held");
        await api.EndJobsAsync(_tenant, Count);
        var held = await api.Get<NoticeStore>().ClaimAsync(Held, Ct); // and dies
        Assert.Equal(Held, held.Count(c => c.TenantId == _tenant));
        using var other = api.NewSender();
        await SendAllAsync(other);
        Assert.Equal(Count - Held, api.Posts.At(path).Count);
        Assert.Empty(api.Posts.At(path).Select(p => p.Id).Intersect(held.Select(c => c.NoticeId.ToString("D")), StringComparer.Ordinal));
        Assert.Equal(Held, (await api.NoticesAsync(_tenant, "pending")).Count);
        await api.ScalarAsync<object>("UPDATE alert_notices SET next_at = next_at - interval '61 seconds' WHERE tenant_id = $1 AND state = 'pending'", _tenant);
        await SendAllAsync(other);
        Assert.Equal(Count, api.Posts.At(path).Count);
        Assert.Equal(Count, api.Posts.At(path).Select(p => p.Id).Distinct(StringComparer.Ordinal).Count());
        Assert.All(await api.NoticesAsync(_tenant, "delivered"), n => Assert.InRange(n.GetProperty("attempts").GetInt32(), 1, 2));
    }

    [Fact]
    public async Task Rule_that_names_channels_tells_those_alone_of_its_alerts_beginning_and_end()
    {
        foreach (var channel in (string[])["named", "too", "other"]) await ChannelAsync(channel, "alert.opened", "alert.over");
        await api.PutAsync(_tenant, "rules/error_rate", new { condition = "error_rate", channels = new[] { "named", "too" } });
        await api.PutAsync(_tenant, "rules/everybody", new { condition = "error_rate", source_id = "s" });
        await api.EndJobsAsync(_tenant, 1, "failed");
        using var sender = api.NewSender();
        var now = TimeProvider.System.GetUtcNow();
        foreach (var at in (DateTimeOffset[])[now.AddSeconds(1), now.AddMinutes(6)])
        {
            await api.LookAsync(at);
            await SendAllAsync(sender);
        }

        Assert.Equal(["error_rate alert.opened", "error_rate alert.over", "everybody alert.opened", "everybody alert.over"], Told("named"));
        Assert.Equal(Told("named"), Told("too"));
        Assert.Equal(["everybody alert.opened", "everybody alert.over"], Told("other"));

        List<string> Told(string channel) => [.. api.Posts.At(PathOf(channel)).Select(p => JsonElement.Parse(p.Body)).Select(m => $"{m.GetProperty("data").GetProperty("rule_id").GetString()} {m.GetProperty("type").GetString()}").Order(StringComparer.Ordinal)];
    }

    private string PathOf(string channel) => $"/{_tenant[2..]}/{channel}";

    private async Task<string> ChannelAsync(string channel, params string[] events)
    {
        await api.PutAsync(_tenant, $"channels/{channel}", new { kind = "webhook", url = api.Posts.Url + PathOf(channel), events = events.Length == 0 ? ["job.completed"] : events });
        return PathOf(channel);
    }

    /// <summary>Sends until nothing is due.</summary>
    private static async Task SendAllAsync(NoticeSender sender)
    {
        while (await sender.SendDueAsync(Ct) > 0)
        {
            // there may be more
        }
    }

    /// <summary>The wait is over.</summary>
    private Task<object?> DueAsync() => api.ScalarAsync<object>("UPDATE alert_notices SET next_at = now() WHERE tenant_id = $1", _tenant);
}
