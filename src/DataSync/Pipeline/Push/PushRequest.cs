namespace DataSync.Pipeline.Push;

/// <summary>A request as it was sent.</summary>
/// <param name="Header">A header's value; null where it is absent or comes more than once.</param>
/// <param name="Body">The body's bytes as they came, compressed or not: what was signed.</param>
internal readonly record struct PushRequest(Func<string, string?> Header, ReadOnlyMemory<byte> Body);

/// <summary>What a door says of a request.</summary>
/// <param name="IsAccepted">It is signed, and in time.</param>
/// <param name="Identity">What makes it this delivery and no other: the sender's id, or a hash of what was signed.</param>
/// <param name="WebhookId">The sender's id; null where the scheme has none.</param>
/// <param name="Reply">JSON to answer at once, where the request only asks whether somebody is here; null for a delivery.</param>
internal readonly record struct PushVerdict(bool IsAccepted, ReadOnlyMemory<byte> Identity, string? WebhookId, ReadOnlyMemory<byte>? Reply)
{
    public static PushVerdict Refused => default;
}
