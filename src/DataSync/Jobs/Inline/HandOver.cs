using System.Data.Common;
using DataSync.Jobs.Engine;
using DataSync.Pipeline;
using DataSync.Pipeline.Refinement;

namespace DataSync.Jobs.Inline;

/// <summary>
/// How the second walk of a hybrid push ends: its last commit stores the rest, says which files there are already, and moves the job into the queue, in
/// one transaction. Before it the sender's copy is the only one that counts; after it the job's is.
/// </summary>
internal sealed class HandOver(SyncRun first, TimeSpan lease)
{
    /// <summary>The files of the first walk.</summary>
    public IReadOnlyList<ExportedFile> Exported { get; set; } = [];

    /// <summary>Counts of the second walk.</summary>
    public SyncProgress Progress { get; } = new();

    /// <summary>The last commit is on its way: from here on the job may be another's.</summary>
    public bool HasBegun { get; private set; }

    /// <summary>See <see cref="AdvanceCheckpoint"/>.</summary>
    public async Task AdvanceAsync(DbConnection connection, CheckpointMove move, CancellationToken ct)
    {
        var isLast = move.Next.Stage == Stages.Export;
        var next = new Checkpoint { Stage = isLast ? Stages.Export : Stages.Extract, NextSeq = move.Next.NextSeq, Exported = isLast ? Exported : null };
        var whole = move with { Next = next, Records = move.Records + first.Progress.Processed, Rejected = move.Rejected + first.Progress.Rejected, Rules = RuleHits.Sum(first.Progress.Rules, move.Rules) };
        await JobLease.AdvanceAsync(connection, first, lease, whole, null, ct);
        if (!isLast) return;
        await InlineJobs.HandOverAsync(connection, first, Progress.Refined + first.Progress.Refined, ct);
        HasBegun = true;
    }

    /// <summary>The job as it stands after the last commit.</summary>
    public void Show(SyncJob job)
    {
        (job.Status, job.LeaseUntil, job.LeasePid) = (JobStatus.Queued, null, null);
        (job.RecordCount, job.ErrorCount) = (first.Progress.Processed + Progress.Processed, first.Progress.Rejected + Progress.Rejected);
        (job.Extracted, job.Refined) = (first.Progress.Extracted + Progress.Extracted, first.Progress.Refined + Progress.Refined);
        job.Routed = InlineJobs.RoutedOf(first);
        job.Rules = JobLease.RulesOf(RuleHits.Sum(first.Progress.Rules, Progress.Rules));
    }
}
