using System.Text.Json;
using System.Text.Json.Nodes;
using DataSync.Pipeline.Failures;

namespace DataSync.Alerts.Channels.Slack;

/// <summary>An incoming webhook as Slack has them, and Mattermost, Rocket.Chat and others after it. Its URL is its secret.</summary>
internal sealed class SlackSender(ReceiverPost post, ChannelUrl urls) : IChannelSender
{
    public string Kind => "slack";

    public IEnumerable<Fault> Check(ChannelTarget target)
    {
        foreach (var fault in urls.Check(target.Url)) yield return fault;
        if (target.Secret is not null) yield return new Fault("/secret", "faults.alert_other_kind");
        if (target.Recipients is not null) yield return new Fault("/recipients", "faults.alert_other_kind");
    }

    public string HostOf(ChannelTarget target) => new Uri(target.Url!).IdnHost;

    public Task SendAsync(ChannelTarget target, NoticeMessage message, CancellationToken ct)
        => post.PostAsync(
            target.Url!,
            JsonSerializer.SerializeToUtf8Bytes(new JsonObject
            {
                ["text"] = (message.IsGood ? ":white_check_mark: " : ":rotating_light: ") + SlackText.Of(message.Text),
                ["unfurl_links"] = false,
                ["unfurl_media"] = false,
            }),
            [], ct);
}
