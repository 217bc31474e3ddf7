using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using DataSync.Alerts;
using DataSync.Alerts.Channels;
using DataSync.Alerts.Channels.Slack;
using DataSync.Platform.Http.Egress;
using Microsoft.Extensions.Options;

namespace DataSync.IntegrationTests.Alerts;

/// <summary>What is posted to a channel of Slack's kind.</summary>
public sealed class SlackSenderTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Post_calls_nobody_and_links_nowhere_whatever_a_source_is_called()
    {
        await using var receiver = await AlertReceiver.StartAsync(Ct);
        var egress = new EgressPolicy(Options.Create(new EgressOptions { Allow = "127.0.0.0/8" }), static async (host, ct) => await Dns.GetHostAddressesAsync(host, ct));
        var options = new AlertOptions { TlsExceptionHosts = "127.0.0.1" };
        using var post = new ReceiverPost(egress, options, TimeProvider.System);
        var message = new NoticeMessage("1", ChannelEvents.Opened, TimeProvider.System.GetUtcNow(), "Source <!channel> of https://evil.example: a & b, @here", IsGood: false, new JsonObject());
        await new SlackSender(post, new ChannelUrl(options)).SendAsync(new ChannelTarget(receiver.Url + "/hook", null, null), message, Ct);
        var told = JsonElement.Parse(Assert.Single(receiver.At("/hook")).Body);
        Assert.Equal(
            (":rotating_light: Source &lt;!channel&gt; of https:\u200b//evil.\u200bexample: a &amp; b, @\u200bhere", false, false),
            (told.GetProperty("text").GetString(), told.GetProperty("unfurl_links").GetBoolean(), told.GetProperty("unfurl_media").GetBoolean()));
    }
}
