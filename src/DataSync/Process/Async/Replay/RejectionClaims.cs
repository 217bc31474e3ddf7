using System.Data.Common;
using DataSync.Pipeline.Failures;
using DataSync.Pipeline.Replay;
using Npgsql;
using NpgsqlTypes;

namespace DataSync.Process.Async.Replay;

/// <summary>See <see cref="ClaimRejections"/>. The row itself says to whom it was given, so whoever comes second finds it taken, and a crash leaves it given with its job or not at all.</summary>
internal static class RejectionClaims
{
    /// <summary>What was refused before it was a record has no original to run again: it needs a correction.</summary>
    private const string CanRun = "(r.correction IS NOT NULL OR r.rule_id NOT IN ('extract', 'schema') OR r.message NOT LIKE 'errors.record%')";

    public static async Task<long> ClaimAsync(DbConnection connection, string tenantId, Guid jobId, RejectionChoice choice, Guid replayJobId, CancellationToken ct)
    {
        await using var claim = new NpgsqlCommand(
            $"""
            UPDATE public.sync_rejections r SET replay_job_id = $3, replayed_at = now()
            WHERE r.tenant_id = $1 AND r.job_id = $2 AND r.replay_job_id IS NULL AND {CanRun}
              AND ($4::bigint[] IS NULL OR r.seq = ANY ($4)) AND ($5::text IS NULL OR r.rule_id = $5) AND ($6::text IS NULL OR r.code = $6)
            """,
            (NpgsqlConnection)connection)
        { CommandTimeout = 0 };
        claim.Parameters.Add(new NpgsqlParameter<string> { TypedValue = tenantId });
        claim.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = jobId });
        claim.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = replayJobId });
        claim.Parameters.Add(new NpgsqlParameter { Value = (object?)choice.Seqs?.ToArray() ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bigint });
        claim.Parameters.Add(new NpgsqlParameter { Value = (object?)choice.RuleId ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text });
        claim.Parameters.Add(new NpgsqlParameter { Value = (object?)choice.Code ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text });
        var claimed = await claim.ExecuteNonQueryAsync(ct);
        if (claimed == 0 || (choice.Seqs is { } named && claimed < named.Count)) throw new SyncFailureException(SyncFailure.Permanent("errors.rejections.replayed"));
        return claimed;
    }
}
