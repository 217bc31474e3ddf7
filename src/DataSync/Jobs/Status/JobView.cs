using System.Text.Json;
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
    public required string CreatedBy { get; init; }
    public required string CorrelationId { get; init; }

    /// <summary>What the job runs with, after the Start was laid over the source.</summary>
    public required RawJson Config { get; init; }
    public RawJson? Result { get; init; }

    /// <summary>Records by the routing rule that sent them; null where nothing is routed.</summary>
    public RawJson? Routed { get; init; }
    public ErrorView? ErrorDetails { get; init; }
}

/// <summary>How far a job is. <c>total</c> and <c>eta_seconds</c> are null where nobody can know.</summary>
internal sealed record ProgressView(long Extracted, long Processed, long Refined, long Exported, long? Total, double RecordsPerSecond, double? EtaSeconds);

/// <summary>Why a job failed, in the reader's language.</summary>
internal sealed record ErrorView(
    string ErrorCode, string ErrorType, string MessageKey, string Message, IReadOnlyDictionary<string, JsonElement> MessageParams);
