using System.Text.Json;
using System.Text.Json.Serialization;
using DataSync.Platform.Http.Json;

namespace DataSync.Jobs.Status;

/// <summary>A job as the API shows it.</summary>
internal sealed record JobView
{
    public required Guid JobId { get; init; }
    public required string TenantId { get; init; }
    public required string SourceId { get; init; }
    public required string SourceType { get; init; }
    public required string Mode { get; init; }
    public required string SyncType { get; init; }

    /// <summary>The job whose stored records this one exports again; null where it has its own.</summary>
    public Guid? ExportOf { get; init; }
    public required string Status { get; init; }
    public string? Stage { get; init; }
    public required long RecordCount { get; init; }
    public required long ErrorCount { get; init; }
    public required ProgressView Progress { get; init; }
    public required DateTimeOffset CreatedAt { get; init; }
    public DateTimeOffset? StartedAt { get; init; }
    public DateTimeOffset? CompletedAt { get; init; }
    public long? DurationMs { get; init; }
    public required int Attempts { get; init; }

    /// <summary>1 for the tenant's next; null where the job is not queued.</summary>
    public long? QueuePosition { get; init; }

    /// <summary>The job failed because of the number of its attempts: it rests until somebody retries it.</summary>
    public required bool Parked { get; init; }
    public required string CreatedBy { get; init; }
    public required string CorrelationId { get; init; }

    /// <summary>What the job runs with, after the Start was laid over the source.</summary>
    public required RawJson Config { get; init; }
    public RawJson? Result { get; init; }

    /// <summary>Records by the routing rule that sent them; null where nothing is routed.</summary>
    public RawJson? Routed { get; init; }

    /// <summary>Records by the rules and checks they met; null where none ran.</summary>
    public RawJson? Rules { get; init; }

    /// <summary>What comparing an incremental sync with its source found; null where nothing was compared.</summary>
    public GapView? Gap { get; init; }

    /// <summary>What the job's enrichers tell, by their kind: counts and costs; null where none has told.</summary>
    public RawJson? Enriched { get; init; }

    /// <summary>When a job that waits is taken up again at the latest; null where it does not wait.</summary>
    public DateTimeOffset? WaitingUntil { get; init; }

    /// <summary>How an incremental sync found what changed, and why so; null where nobody chose.</summary>
    public TrackingView? ChangeTracking { get; init; }
    public ErrorView? ErrorDetails { get; init; }

    /// <summary>The newest attempts, oldest first; only where one job is asked for.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<AttemptView>? History { get; init; }
}

/// <summary>How far a job is. <c>total</c> and <c>eta_seconds</c> are null where nobody can know.</summary>
internal sealed record ProgressView(long Extracted, long Processed, long Refined, long Exported, long? Total, double RecordsPerSecond, double? EtaSeconds);

/// <summary>What comparing with the source found. <c>against</c> is <c>store</c>, <c>delivered</c> or <c>log</c>; <c>reason</c> says why nothing was compared, or not all with the store, and <c>message</c> is its text in the reader's language.</summary>
internal sealed record GapView(bool Checked, long Missing, bool Repaired, bool Detected, string Against, string? Reason, string? Message);

/// <summary>How changes were found. <c>reason</c> says why by this method and no better one, or why the whole table was read; <c>message</c> is its text in the reader's language.</summary>
internal sealed record TrackingView(string Method, bool Everything, string? Reason, string? Message, string? Position, long? LagBytes);

/// <summary>Why a job failed, in the reader's language. <c>cause</c> is there where the failure is the number of attempts: why the last one failed.</summary>
internal sealed record ErrorView(
    string ErrorCode, string ErrorType, string MessageKey, string Message, IReadOnlyDictionary<string, JsonElement> MessageParams,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] ErrorView? Cause);
