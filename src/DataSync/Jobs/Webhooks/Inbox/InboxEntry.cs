using DataSync.Pipeline.Failures;

namespace DataSync.Jobs.Webhooks.Inbox;

/// <summary>A delivery on its way into the inbox.</summary>
/// <param name="name">Whose it is, and its ids.</param>
/// <param name="payload">The body; must stay as it is until <see cref="Stored"/> is done.</param>
internal sealed class InboxEntry(DeliveryName name, byte[] payload)
{
    private readonly TaskCompletionSource<StoredDelivery> _stored = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public DeliveryName Name { get; } = name;

    public byte[] Payload { get; } = payload;

    /// <summary>What came of it, once it (or the one it repeats) is on disk, or will not be.</summary>
    public Task<StoredDelivery> Stored => _stored.Task;

    public void Complete(StoredDelivery stored) => _stored.TrySetResult(stored);
}

/// <summary>A delivery on disk, or why it is not.</summary>
/// <param name="Id">Its id; that of the one it repeats, where it was taken in under an older master key.</param>
/// <param name="Failure">What to answer where nothing is acknowledged.</param>
internal readonly record struct StoredDelivery(Guid Id, SyncFailure? Failure)
{
    public static StoredDelivery On(Guid id) => new(id, null);

    public static StoredDelivery Not(SyncFailure failure) => new(Guid.Empty, failure);
}
