using System.Text.Json;
using DataSync.Pipeline;
using DataSync.Pipeline.Refinement;

namespace DataSync.Jobs.Engine;

/// <summary>A job that this worker holds now.</summary>
internal sealed record JobClaim
{
    public required string TenantId { get; init; }
    public required Guid JobId { get; init; }
    public required string SourceId { get; init; }
    public required string SourceType { get; init; }

    /// <summary>The job whose stored records this one exports; null where it has its own.</summary>
    public required Guid? ExportOf { get; init; }
    public required string CorrelationId { get; init; }
    public required string? TraceParent { get; init; }
    public required string Language { get; init; }
    public required DateTimeOffset CreatedAt { get; init; }
    public required long Fence { get; init; }
    public required int Attempt { get; init; }

    /// <summary>Attempts in a row that moved nothing, this one included until it moves.</summary>
    public required int FruitlessAttempts { get; init; }

    /// <summary>Attempts that moved the job.</summary>
    public required int FruitfulAttempts { get; init; }

    /// <summary>Why the attempt before did not end the job; null where it did not fail or there was none.</summary>
    public required JobFailure? Interruption { get; init; }

    /// <summary>The job was running: its worker is gone or asleep.</summary>
    public required bool IsTakeover { get; init; }

    /// <summary>Running time left; infinite for a job without a limit.</summary>
    public required TimeSpan TimeLeft { get; init; }

    /// <summary>Time the job lay in the queue before this attempt.</summary>
    public required TimeSpan Waited { get; init; }
    /// <summary>Called off while its worker was dead: nothing is left but to end it.</summary>
    public required bool CancelRequested { get; init; }

    /// <summary>When the job first waited; null where it never did.</summary>
    public required DateTimeOffset? WaitingSince { get; init; }
    public required SyncPlan Plan { get; init; }
    public required Checkpoint Checkpoint { get; init; }
    public required long Records { get; init; }
    public required long Rejected { get; init; }
    public required long Bytes { get; init; }

    /// <summary>How often rules were met on the records below the checkpoint; null where none ran.</summary>
    public required RuleHits? Rules { get; init; }

    /// <summary>What the job shows of its enrichers, by kind, as attempts before told it; null where none has.</summary>
    public required IReadOnlyDictionary<string, JsonElement>? Enriched { get; init; }
}
