using DataSync.Platform.Http.Json;
using DataSync.Platform.Http.Paging;
using DataSync.Platform.Http.Requests;

namespace DataSync.Alerts.Channels;

/// <summary>Body of <c>PUT /api/alert-channels/{channel_id}</c>. Holds secrets: nothing prints it.</summary>
internal sealed class ChannelBody(string kind, ChannelTarget target, IReadOnlyList<string> events, string? language, bool enabled) : IRequestBody<ChannelBody>
{
    /// <summary>How a stored secret is shown; sent back, it keeps the stored one.</summary>
    public const string Mask = "***";

    private static readonly IReadOnlyList<string> Kinds = ["webhook", "slack", "email"];

    public string Kind { get; } = kind;

    public ChannelTarget Target { get; } = target;

    public IReadOnlyList<string> Events { get; } = events;

    public string? Language { get; } = language;

    public bool Enabled { get; } = enabled;

    public static ChannelBody Read(JsonObjectReader json)
    {
        var kind = json.RequiredOneOf("kind", Kinds);
        var (url, secret) = (json.OptionalString("url", 2048), json.OptionalString("secret", 100));
        var recipients = json.Strings("recipients", 10, maxLength: 254);
        var events = json.OneOrMoreOf("events", ChannelEvents.All);
        var language = json.OptionalString("language", 64);
        return new ChannelBody(kind, new ChannelTarget(url, secret, recipients.Count == 0 ? null : recipients), events.Count == 0 ? ChannelEvents.Default : events, language, json.OptionalBool("enabled") ?? true);
    }
}

/// <summary>A channel as it is shown. <c>secret</c> is told once, where it was made here.</summary>
internal sealed record ChannelView(
    string ChannelId, string Kind, string Host, string? Url, string? Secret, IReadOnlyList<string>? Recipients, IReadOnlyList<string> Events, string? Language, bool Enabled, int Version, string CreatedBy,
    DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt)
{
    public static ChannelView Of(AlertChannel channel, string? newSecret = null) => new(
        channel.ChannelId, channel.Kind, channel.Host, channel.Kind == "email" ? null : ChannelBody.Mask, channel.Kind == "webhook" ? newSecret ?? ChannelBody.Mask : null,
        channel.Kind == "email" ? [ChannelBody.Mask] : null, channel.Events, channel.Language, channel.Enabled, channel.Version, channel.CreatedBy, channel.CreatedAt, channel.UpdatedAt);
}

/// <summary>Query of <c>GET /api/alert-channels</c>.</summary>
internal sealed record ChannelListQuery(PageRequest Page) : IRequestQuery<ChannelListQuery>
{
    public static ChannelListQuery Read(QueryReader query) => new(query.Page("alert_channels"));
}
