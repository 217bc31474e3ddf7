using DataSync.Pipeline.Failures;
using DataSync.Platform.Persistence;
using DataSync.Platform.Tenancy;
using DataSync.Sources;
using DataSync.Sources.Slots;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace DataSync.Jobs.Slots;

/// <summary>Asks the servers of sources how much of their logs they keep for them: each source's when it is due, by one worker.</summary>
internal sealed partial class SlotLook(DataSources sources, TenantDatabase database, SourceStore store, SourceProbe probe, SlotReleases releases, SlotUse use, SlotOptions options, ILogger<SlotLook> logger)
{
    private const int Most = 20, AtOnce = 4;

    /// <summary>Whoever moves the time of the next look on is the one who looks.</summary>
    private const string Claim =
        """
        UPDATE source_slots s SET next_look_at = now() + $1
        FROM (SELECT tenant_id, source_id FROM source_slots WHERE next_look_at <= now() ORDER BY next_look_at LIMIT $2 FOR UPDATE SKIP LOCKED) d
        WHERE s.tenant_id = d.tenant_id AND s.source_id = d.source_id RETURNING s.tenant_id, s.source_id, s.next_look_at
        """;

    private const string ClaimRelease =
        """
        UPDATE slot_releases r SET next_try_at = now() + $1
        FROM (SELECT tenant_id, id FROM slot_releases WHERE next_try_at <= now() ORDER BY next_try_at LIMIT $2 FOR UPDATE SKIP LOCKED) d
        WHERE r.tenant_id = d.tenant_id AND r.id = d.id RETURNING r.tenant_id, r.id
        """;

    private const string Sum =
        """
        SELECT count(*) FILTER (WHERE lag_bytes IS NOT NULL), coalesce(max(lag_bytes), 0), coalesce(extract(epoch FROM now() - min(looked_at)), 0)::double precision,
            (SELECT count(tenant_id) FROM slot_releases)
        FROM source_slots
        """;

    /// <summary>Looks at those that are due, a few at once; returns how many there were.</summary>
    public async Task<int> LookAsync(CancellationToken ct)
    {
        var due = new List<(string Tenant, string Source, DateTimeOffset Next)>();
        await using (var claim = sources.System.CreateCommand(Claim))
        {
            claim.Parameters.Add(new NpgsqlParameter<TimeSpan> { TypedValue = options.Pace });
            claim.Parameters.Add(new NpgsqlParameter<int> { TypedValue = Most });
            await using var rows = await claim.ExecuteReaderAsync(ct);
            while (await rows.ReadAsync(ct)) due.Add((rows.GetString(0), rows.GetString(1), rows.GetFieldValue<DateTimeOffset>(2)));
        }

        await Parallel.ForEachAsync(due, new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = ct }, async (slot, token) => await LookAsync(slot.Tenant, slot.Source, slot.Next, token));
        return due.Count + await ReleaseAsync(ct);
    }

    /// <summary>Slots there are, the most that one of them holds, the age in seconds of what is known longest, and places that sources have left and that may still keep one.</summary>
    public async Task<(long Slots, long MostBytes, double AgeSeconds, long Left)> SumAsync(CancellationToken ct)
    {
        await using var command = sources.System.CreateCommand(Sum);
        await using var row = await command.ExecuteReaderAsync(ct);
        await row.ReadAsync(ct);
        return (row.GetInt64(0), row.GetInt64(1), Math.Max(0, row.GetDouble(2)), row.GetInt64(3));
    }

    /// <summary>Tries again what servers of former sources have not given up yet.</summary>
    private async Task<int> ReleaseAsync(CancellationToken ct)
    {
        var due = new List<(string Tenant, Guid Id)>();
        await using (var claim = sources.System.CreateCommand(ClaimRelease))
        {
            claim.Parameters.Add(new NpgsqlParameter<TimeSpan> { TypedValue = options.Pace });
            claim.Parameters.Add(new NpgsqlParameter<int> { TypedValue = Most });
            await using var rows = await claim.ExecuteReaderAsync(ct);
            while (await rows.ReadAsync(ct)) due.Add((rows.GetString(0), rows.GetGuid(1)));
        }

        await Parallel.ForEachAsync(due, new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = ct }, async (left, token) => await releases.TryAsync(left.Tenant, left.Id, token));
        return due.Count;
    }

    /// <summary>
    /// A server that cannot be asked leaves what is known of it, with its age. What nobody follows any more is given back, as often as that takes; the row goes once the server says that there is no slot and nobody is
    /// about to make one.
    /// </summary>
    private async Task LookAsync(string tenantId, string sourceId, DateTimeOffset claimed, CancellationToken ct)
    {
        try
        {
            if (await store.GetAsync(tenantId, sourceId, ct) is null) return;
            var isGivenUp = await use.IsGivenUpAsync(tenantId, sourceId, ct);
            var held = await probe.HeldAsync(tenantId, sourceId, isGivenUp ? token => use.IsGivenUpAsync(tenantId, sourceId, token) : null, ct);
            await using var transaction = await database.BeginAsync(tenantId, durable: false, ct);
            await using var note = isGivenUp && held is null
                ? transaction.Command("DELETE FROM source_slots WHERE tenant_id = $1 AND source_id = $2 AND next_look_at = $3", tenantId, sourceId, claimed)
                : transaction.Command(
                    "UPDATE source_slots SET lag_bytes = $3, looked_at = now() WHERE tenant_id = $1 AND source_id = $2", tenantId, sourceId,
                    new NpgsqlParameter { Value = (object?)held?.Bytes ?? DBNull.Value, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Bigint });
            await note.ExecuteNonQueryAsync(ct);
            await transaction.CommitAsync(ct);
        }
        catch (SyncFailureException e)
        {
            LogUnknown(logger, sourceId, e.Failure.MessageKey);
        }
    }

    [LoggerMessage(2090, LogLevel.Warning, "How much of its log the server of source {SourceId} keeps could not be asked: {ErrorKey}")]
    private static partial void LogUnknown(ILogger logger, string sourceId, string errorKey);
}
