using DataSync.Pipeline.Connectors;
using DataSync.Pipeline.Incremental;

namespace DataSync.Pipeline;

/// <summary>One attempt at a job: who, what, under which fence, and how far earlier attempts came.</summary>
internal sealed record SyncRun
{
    public required string TenantId { get; init; }
    public required Guid JobId { get; init; }
    public required string SourceId { get; init; }

    /// <summary><c>read</c>, <c>pull</c> or <c>push</c>: the name of the record source.</summary>
    public required string SourceType { get; init; }

    /// <summary>The job whose stored records this one exports; null where it has its own.</summary>
    public Guid? ExportOf { get; init; }

    /// <summary>The job under whose id the records are stored.</summary>
    public Guid RecordsOf => ExportOf ?? JobId;

    /// <summary>W3C trace id, in every log line.</summary>
    public required string CorrelationId { get; init; }

    /// <summary>Language of messages that reach the tenant.</summary>
    public required string Language { get; init; }

    /// <summary>When the job was made (UTC); part of an export's metadata.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>A write under an older number than the job's current one commits nothing.</summary>
    public required long Fence { get; init; }

    public required SyncPlan Plan { get; init; }
    public required Checkpoint Checkpoint { get; init; }
    public SyncProgress Progress { get; init; } = new();

    /// <summary>Kinds of what enrichers add to the records, in their order. The corridor fills it in.</summary>
    public IReadOnlyList<string> Enrichments { get; init; } = [];

    /// <summary>The stage that follows once everything is kept: <see cref="Stages.Refine"/> where enrichers work on stored records. The corridor fills it in.</summary>
    public string AfterStoring { get; init; } = Stages.Export;

    /// <summary>When the attempt runs out of the job's time, by this process's clock.</summary>
    public DateTimeOffset Deadline { get; init; } = DateTimeOffset.MaxValue;

    /// <summary>When the job first waited, by the database's clock; null where it never did.</summary>
    public DateTimeOffset? WaitingSince { get; init; }

    /// <summary>How far the records of this attempt are committed, where its strategy stores them.</summary>
    public StoredMark Stored { get; init; } = new();

    /// <summary>Set where the process that took the request runs it; null on a worker.</summary>
    public InlineRun? Inline { get; init; }

    /// <summary>How far the source's incremental syncs have come.</summary>
    public SourceState State { get; init; } = SourceState.None;

    /// <summary>Opens the source's credentials as they are now; called at each connection, so a rotation takes effect while a job runs.</summary>
    public required Func<CancellationToken, ValueTask<SourceConnection>> OpenSource { get; init; }

    /// <summary>How a strategy moves the checkpoint in the transaction of the records it stands for.</summary>
    public required AdvanceCheckpoint Advance { get; init; }

    /// <summary>Called once by a strategy that writes, before its first write.</summary>
    public required RegisterWriter RegisterWriter { get; init; }

    /// <summary>
    /// Asked before what no transaction guards, such as giving a file its name: throws <see cref="StaleFenceException"/> where the attempt has lost its job.
    /// Nothing to ask where nobody can take a job over and go on with it.
    /// </summary>
    public Func<CancellationToken, Task> Confirm { get; init; } = static _ => Task.CompletedTask;
}
