using DataSync.Pipeline.Failures;

namespace DataSync.Jobs.Engine;

/// <summary>
/// How often a job is taken up again. Attempts that come further than any before have one budget, those that do not another and a smaller one: a long
/// job may meet many restarts, a poisoned one must not go round for ever. A job beyond either is parked until somebody retries it.
/// </summary>
internal static class AttemptBudget
{
    public const string Poisoned = "errors.job.poisoned";
    public const string WornOut = "errors.job.worn_out";

    /// <summary>Asked as an attempt begins, which is counted already; null where it may go on.</summary>
    public static SyncFailure? Exceeded(JobClaim claim, EngineOptions options)
        => claim.FruitlessAttempts > options.MaxFruitlessAttempts ? SyncFailure.Permanent(Poisoned, ("attempts", claim.FruitlessAttempts - 1))
            : claim.FruitfulAttempts >= options.MaxFruitfulAttempts ? SyncFailure.Permanent(WornOut, ("attempts", claim.FruitfulAttempts))
            : null;

    /// <summary>Asked as an attempt fails: null where another one may follow it.</summary>
    public static SyncFailure? UsedUp(JobClaim claim, bool moved, EngineOptions options)
        => moved || claim.FruitlessAttempts < options.MaxFruitlessAttempts ? null : SyncFailure.Permanent(Poisoned, ("attempts", claim.FruitlessAttempts));
}
