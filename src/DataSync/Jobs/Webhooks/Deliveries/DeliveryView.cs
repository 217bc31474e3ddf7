using DataSync.Jobs.Status;

namespace DataSync.Jobs.Webhooks.Deliveries;

/// <summary>A delivery as the API shows it.</summary>
/// <param name="DeliveryId">Its id.</param>
/// <param name="SourceId">The source it was sent to.</param>
/// <param name="WebhookId">The sender's own id; null where its scheme has none, and where nothing is kept.</param>
/// <param name="Status">One of <see cref="DeliveryStatus"/>.</param>
/// <param name="ReceivedAt">When it was taken in.</param>
/// <param name="Bytes">Bytes of its payload.</param>
/// <param name="Replayable">Whether its payload is still here to be run again.</param>
/// <param name="Replays">How often it was run again.</param>
/// <param name="JobId">The job that has it; null while it waits.</param>
/// <param name="CompletedAt">When the job ended.</param>
/// <param name="ErrorDetails">Why it failed.</param>
internal sealed record DeliveryView(
    Guid DeliveryId, string SourceId, string? WebhookId, string Status, DateTimeOffset ReceivedAt, int Bytes, bool Replayable, int Replays, Guid? JobId,
    DateTimeOffset? CompletedAt, ErrorView? ErrorDetails);

/// <summary>What becomes of a delivery: what becomes of its job.</summary>
internal static class DeliveryStatus
{
    /// <summary>It waits for its job.</summary>
    public const string Received = "received";

    /// <summary>Its job is at it.</summary>
    public const string Processing = "processing";
    public const string Completed = "completed";
    public const string Failed = "failed";

    public static readonly IReadOnlyList<string> All = [Received, Processing, Completed, Failed];

    public static string Of(DeliveryRow row) => row switch
    {
        { Failure: not null } => Failed,
        { JobId: null } => Received,
        { Job: null } => Processing,
        { Job.Status: JobStatus.Completed } => Completed,
        { Job.Status: JobStatus.Failed or JobStatus.Cancelled } => Failed,
        _ => Processing,
    };
}

/// <summary>A delivery and its job, as read.</summary>
internal sealed record DeliveryRow(
    Guid DeliveryId, string SourceId, string? WebhookId, DateTimeOffset ReceivedAt, int Bytes, bool HasPayload, int Replays, Guid? JobId, string? Failure, SyncJob? Job);
