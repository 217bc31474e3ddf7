using DataSync.Pipeline.Failures;
using DataSync.Platform.Tenancy;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace DataSync.Jobs;

/// <summary>A source has one incremental sync at a time: two would begin at the same state and deliver the same records. An index of the database says so.</summary>
internal static class OpenIncrementals
{
    /// <summary>The index.</summary>
    public const string Index = "ux_sync_jobs_open_incremental";

    private const string UniqueViolation = "23505";

    /// <summary>Saves a new job; refuses it with <c>errors.job.incremental_open</c> where the source has one under way.</summary>
    public static Task SaveAsync(TenantTransaction transaction, CancellationToken ct) => GuardAsync(() => transaction.Db.SaveChangesAsync(ct));

    /// <summary>The same for a job that becomes open again.</summary>
    public static async Task GuardAsync(Func<Task> work)
    {
        try
        {
            await work();
        }
        catch (Exception e) when (Violation(e))
        {
            throw new SyncFailureException(SyncFailure.Permanent("errors.job.incremental_open"), e);
        }
    }

    private static bool Violation(Exception e)
        => (e is DbUpdateException ? e.InnerException : e) is PostgresException { SqlState: UniqueViolation, ConstraintName: Index };
}
