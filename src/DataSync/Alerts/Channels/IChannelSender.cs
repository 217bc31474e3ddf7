using System.Text.Json.Nodes;
using DataSync.Pipeline.Failures;

namespace DataSync.Alerts.Channels;

/// <summary>A way of telling somebody something (extension point). Whoever is told, it is by a connection that the egress guard let through.</summary>
internal interface IChannelSender
{
    /// <summary>Stable name, such as <c>webhook</c>.</summary>
    string Kind { get; }

    /// <summary>What is wrong with a target, by the members of the channel's body.</summary>
    IEnumerable<Fault> Check(ChannelTarget target);

    /// <summary>The host that is spoken to, or what is shown in its place.</summary>
    string HostOf(ChannelTarget target);

    /// <summary>Sends; returns once the receiver has taken it, and throws a <see cref="SyncFailureException"/> where it has not, a <see cref="PartlyTakenException"/> where only some of its recipients have. A failure that is permanent is not tried again.</summary>
    Task SendAsync(ChannelTarget target, NoticeMessage message, CancellationToken ct);
}

/// <summary>What is told.</summary>
/// <param name="Id">The same for each try.</param>
/// <param name="Event">One of <see cref="ChannelEvents"/>.</param>
/// <param name="At">When it came to be.</param>
/// <param name="Text">A sentence or two for people, in the channel's language.</param>
/// <param name="IsGood">Whether it is good news.</param>
/// <param name="Data">The same for programs.</param>
internal sealed record NoticeMessage(string Id, string Event, DateTimeOffset At, string Text, bool IsGood, JsonObject Data);
