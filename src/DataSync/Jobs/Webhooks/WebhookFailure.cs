using DataSync.Pipeline.Failures;

namespace DataSync.Jobs.Webhooks;

/// <summary>What a sender is told. None says whether a tenant or a source exists to whoever has no secret of it.</summary>
internal static class WebhookFailure
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(1);

    /// <summary>Unsigned, wrongly signed, too old, or sent to nobody: all of it one answer.</summary>
    public static SyncFailure Refused { get; } = SyncFailure.Permanent("errors.webhook.refused");

    /// <summary>This process has as much in hand as it may.</summary>
    public static SyncFailure Busy { get; } = SyncFailure.Transient("errors.webhook.busy") with { RetryAfter = Soon };

    /// <summary>Of what this process has in hand, the tenant's share is used up.</summary>
    public static SyncFailure TenantBusy { get; } = SyncFailure.Transient("errors.webhook.too_many") with { RetryAfter = Soon };

    /// <summary>The same delivery is being worked on.</summary>
    public static SyncFailure InProgress { get; } = SyncFailure.Transient("errors.webhook.in_progress") with { RetryAfter = Soon };

    /// <summary>The source takes nothing at the moment, by its owner's choice or because its <c>sync</c> cannot be run.</summary>
    public static SyncFailure Paused { get; } = SyncFailure.Transient("errors.webhook.paused") with { RetryAfter = TimeSpan.FromMinutes(1) };

    /// <summary>The body is larger than it may be, as it came or decompressed.</summary>
    public static SyncFailure TooLarge { get; } = SyncFailure.Permanent("errors.request.too_large");

    /// <summary>The body did not come in its time.</summary>
    public static SyncFailure TooSlow { get; } = SyncFailure.Transient("errors.request.timeout");

    /// <summary>Our own database does not answer.</summary>
    public static SyncFailure DatabaseAway { get; } = SyncFailure.Transient("errors.database.unavailable") with { RetryAfter = Soon };
}
