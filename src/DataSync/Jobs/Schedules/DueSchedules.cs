using DataSync.Platform.Tenancy.Regions;
using Npgsql;

namespace DataSync.Jobs.Schedules;

/// <summary>Finds what is due, across tenants, as the system role. What it finds is looked at again in the tenant's own transaction, which decides.</summary>
internal static class DueSchedules
{
    /// <summary>One look takes no more than this, round the tenants, so that a tenant with thousands of schedules for one time does not keep others waiting.</summary>
    private const int Most = 100;

    private static readonly string Sql =
        $"""
        SELECT tenant_id, source_id FROM (
            SELECT s.tenant_id, s.source_id, s.next_run_at, row_number() OVER (PARTITION BY s.tenant_id ORDER BY s.next_run_at, s.source_id) AS place
            FROM sync_schedules s JOIN data_source_configs c ON c.tenant_id = s.tenant_id AND c.source_id = s.source_id
            WHERE s.next_run_at <= now() AND (s.not_before IS NULL OR s.not_before <= now()) AND c.is_active AND {RegionSql.IsHere("s.tenant_id", "$2", "$3")}
              AND NOT EXISTS (SELECT 1 FROM sync_jobs j WHERE j.tenant_id = s.tenant_id AND j.source_id = s.source_id AND j.export_of IS NULL AND j.status IN ('queued', 'running', 'waiting'))) due
        ORDER BY place, next_run_at LIMIT $1
        """;

    private const string NextSql = "SELECT min(greatest(next_run_at, not_before)) - now() FROM sync_schedules WHERE greatest(next_run_at, not_before) > now()";

    /// <summary>What may run now, and how long until the next of the others is due; null where none will be.</summary>
    /// <param name="connection">Of the system's role.</param>
    /// <param name="regions">Schedules of tenants that are elsewhere are nobody's here.</param>
    /// <param name="ct">Ends the look.</param>
    public static async Task<(IReadOnlyList<DueSchedule> Due, TimeSpan? Next)> FindAsync(NpgsqlConnection connection, RegionOptions regions, CancellationToken ct)
    {
        await using var batch = new NpgsqlBatch(connection);
        batch.BatchCommands.Add(new NpgsqlBatchCommand(Sql) { Parameters = { new NpgsqlParameter<int> { TypedValue = Most } } });
        batch.BatchCommands[0].Parameters.AddRange(RegionSql.Values(regions));
        batch.BatchCommands.Add(new NpgsqlBatchCommand(NextSql));
        await using var answers = await batch.ExecuteReaderAsync(ct);
        List<DueSchedule> due = [];
        while (await answers.ReadAsync(ct)) due.Add(new DueSchedule(answers.GetString(0), answers.GetString(1)));
        await answers.NextResultAsync(ct);
        await answers.ReadAsync(ct);
        return (due, await answers.IsDBNullAsync(0, ct) ? null : await answers.GetFieldValueAsync<TimeSpan>(0, ct));
    }
}

/// <summary>A schedule whose time has come.</summary>
internal readonly record struct DueSchedule(string TenantId, string SourceId);
