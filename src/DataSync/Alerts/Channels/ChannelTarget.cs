using System.Text.Json;

namespace DataSync.Alerts.Channels;

/// <summary>Where a channel leads, in the clear. Holds secrets: nothing prints it.</summary>
/// <param name="Url">Of a webhook or of Slack: whoever knows the latter may post there.</param>
/// <param name="Secret">What a webhook is signed with, as <c>whsec_…</c>.</param>
/// <param name="Recipients">Addresses of mail.</param>
internal sealed record ChannelTarget(string? Url, string? Secret, IReadOnlyList<string>? Recipients)
{
    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this);

    public static ChannelTarget Read(ReadOnlySpan<byte> json) => JsonSerializer.Deserialize<ChannelTarget>(json)!;

    public override string ToString() => nameof(ChannelTarget);
}
