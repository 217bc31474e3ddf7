namespace DataSync.Jobs.Webhooks.Inbox;

/// <summary>A delivery on its way into the inbox.</summary>
/// <param name="name">Whose it is, and its ids.</param>
/// <param name="payload">The body; must stay as it is until <see cref="Stored"/> is done.</param>
internal sealed class InboxEntry(DeliveryName name, byte[] payload)
{
    private readonly TaskCompletionSource<Guid> _stored = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public DeliveryName Name { get; } = name;

    public byte[] Payload { get; } = payload;

    /// <summary>The delivery's id, once it (or the one it repeats) is on disk.</summary>
    public Task<Guid> Stored => _stored.Task;

    public void Complete(Guid id) => _stored.TrySetResult(id);

    public void Fail(Exception why) => _stored.TrySetException(why);
}
