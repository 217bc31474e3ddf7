using System.Net.Sockets;
using DataSync.Pipeline;
using DataSync.Pipeline.Failures;
using Npgsql;

namespace DataSync.Jobs.Engine;

/// <summary>What becomes of a job whose attempt did not complete.</summary>
internal abstract record AttemptVerdict
{
    private AttemptVerdict() { }

    /// <summary>Another worker has it: nothing is written.</summary>
    public sealed record Superseded : AttemptVerdict;

    /// <summary>The job is over.</summary>
    public sealed record Over(string Status, SyncFailure? Failure, JobFailure? Cause = null) : AttemptVerdict;

    /// <summary>The job goes back into the queue.</summary>
    public sealed record Again(TimeSpan Wait, SyncFailure? Failure, bool Counts) : AttemptVerdict;

    /// <summary>Why it was stopped comes before how: a cancelled statement looks like a failure of its connection.</summary>
    /// <param name="error">What came out of the pipeline.</param>
    /// <param name="why">The signals that may have stopped it.</param>
    /// <param name="claim">The job as the attempt found it.</param>
    /// <param name="run">The attempt.</param>
    /// <param name="stage">The stage it was in.</param>
    /// <param name="options">The budgets.</param>
    public static AttemptVerdict Of(Exception error, AttemptSignals why, JobClaim claim, SyncRun run, string stage, EngineOptions options)
    {
        if (error is StaleFenceException || why.IsLost) return new Superseded();
        if (why.IsCancelled) return new Over(JobStatus.Cancelled, null);
        if (why.IsTimedOut) return new Over(JobStatus.Failed, SyncFailure.Permanent("errors.job.timeout", ("seconds", run.Plan.TimeoutSeconds)));
        if (why.IsHandedOver) return new Again(TimeSpan.Zero, null, Counts: false);
        var failure = error switch
        {
            SyncFailureException typed => typed.Failure,
            _ when IsOwnDatabase(error) => SyncFailure.Transient("errors.database.unavailable"),
            _ => SyncFailure.Permanent("errors.internal", ("correlation_id", run.CorrelationId)),
        };
        var moved = run.Progress.Processed + run.Progress.Rejected > claim.Records + claim.Rejected || run.Progress.Enriched > 0;

        // A source that gave nothing was asked again and again within the attempt: its failure is the answer. One that gave records and cannot go on in the
        // middle was not asked again, and other stages have no retries of their own.
        var gaveNothing = error is SyncFailureException && string.Equals(stage, Stages.Extract, StringComparison.Ordinal)
            && run.Progress.Extracted <= claim.Records + claim.Rejected;
        if (failure.Kind != FailureKind.Transient || gaveNothing) return new Over(JobStatus.Failed, failure);
        if (AttemptBudget.UsedUp(claim, moved, options) is { } parked) return new Over(JobStatus.Failed, parked, JobFailure.Of(failure));
        return new Again(failure.RetryAfter ?? options.RetryDelay * (1 << Math.Clamp(claim.FruitlessAttempts - 1, 0, 6)), failure, Counts: true);
    }

    /// <summary>
    /// True for what our own database's failing looks like; EF Core wraps some of it, a connection that broke may say so in other words, and a name that is not resolved is a bare <see cref="SocketException"/>: those of sources come wrapped.
    /// </summary>
    public static bool IsOwnDatabase(Exception error)
    {
        if (error is SocketException) return true;
        for (var e = error; e is not null; e = e.InnerException!)
        {
            if (e is NpgsqlException || string.Equals(e.Source, "Npgsql", StringComparison.Ordinal)) return true;
        }

        return false;
    }
}
