using DataSync.Platform.Tenancy.Regions;
using Npgsql;

namespace DataSync.Jobs.Engine;

/// <summary>
/// One turn of deciding which jobs are due: they are marked as handed out. A lock of the database lets one at a time decide, so limits hold across machines.
/// All of it is one round trip and one transaction of the server's own making: a process that stops in the middle holds up nobody.
/// </summary>
internal sealed class DispatchTurn(WorkerCapacity capacity, EngineOptions options, RegionOptions regions)
{
    /// <summary>Marks what is due and returns it.</summary>
    /// <param name="connection">Of the system's role, in no transaction.</param>
    /// <param name="most">No more jobs than this.</param>
    /// <param name="waits">Waits for whoever decides now; else nothing is due where somebody does, who hears of the same commits and looks again.</param>
    /// <param name="ct">Ends the waiting.</param>
    public async Task<List<DueJob>> TakeAsync(NpgsqlConnection connection, int most, bool waits, CancellationToken ct)
    {
        await using var batch = new NpgsqlBatch(connection);
        Add(batch, EnterSql, new NpgsqlParameter<bool> { TypedValue = waits });
        Add(
            batch, TakeSql,
            [
                new NpgsqlParameter<int> { TypedValue = options.MaxConcurrentJobsPerTenant }, new NpgsqlParameter<int> { TypedValue = capacity.Threads },
                new NpgsqlParameter<int> { TypedValue = capacity.Reserve }, new NpgsqlParameter<int> { TypedValue = most }, .. RegionSql.Values(regions),
            ]);
        TenantCount.AddTakeBack(batch, options.MaxConcurrentJobsPerTenant);
        await using var answers = await batch.ExecuteReaderAsync(ct);
        await answers.NextResultAsync(ct);
        List<DueJob> due = [];
        while (await answers.ReadAsync(ct)) due.Add(new DueJob(answers.GetString(0), answers.GetGuid(1), answers.GetBoolean(2)));
        await answers.NextResultAsync(ct);
        await answers.NextResultAsync(ct);
        HashSet<Guid> back = [];
        while (await answers.ReadAsync(ct)) back.Add(answers.GetGuid(0));
        due.RemoveAll(d => back.Contains(d.Id));
        return due;
    }

    /// <summary>What was marked and could not be handed out is due again at once.</summary>
    public static async Task GiveBackAsync(NpgsqlConnection connection, IReadOnlyCollection<DueJob> kept, CancellationToken ct)
    {
        await using var unmark = new NpgsqlCommand(
            """
            UPDATE sync_jobs j SET dispatched_at = NULL FROM unnest($1::text[], $2::uuid[]) m(tenant_id, id)
            WHERE j.tenant_id = m.tenant_id AND j.id = m.id AND j.status IN ('queued', 'running')
            """,
            connection);
        unmark.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = [.. kept.Select(k => k.TenantId)] });
        unmark.Parameters.Add(new NpgsqlParameter<Guid[]> { TypedValue = [.. kept.Select(k => k.Id)] });
        await unmark.ExecuteNonQueryAsync(ct);
    }

    private static void Add(NpgsqlBatch batch, string sql, params ReadOnlySpan<NpgsqlParameter> parameters)
    {
        var command = new NpgsqlBatchCommand(sql);
        foreach (var parameter in parameters) command.Parameters.Add(parameter);
        batch.BatchCommands.Add(command);
    }

    /// <summary>The turn's time is empty where somebody else decides. A mark that a crash of the server undoes is made again, so nobody waits for the disk.</summary>
    private const string EnterSql =
        """
        SELECT set_config('synchronous_commit', 'off', true), set_config('datasync.turn',
            CASE WHEN CASE WHEN $1 THEN (SELECT true FROM pg_advisory_xact_lock(7305161846021)) ELSE pg_try_advisory_xact_lock(7305161846021) END
                 THEN clock_timestamp()::text ELSE '' END, true)
        """;

    /// <summary>
    /// A job is due when it is queued and <see cref="MayRun">may run</see>, or running while its worker's session is gone or its lease has run out. Orphans come first; then one job of each tenant, then the second of each,
    /// and so on; of a tenant no more are looked at than there are threads. A row that somebody holds locked, for how long nobody knows, is passed over. No more is handed out than threads are free, and the last of them
    /// are kept for tenants of which nothing runs: whoever holds a thread may hold it for long.
    /// </summary>
    private static readonly string TakeSql = $"""
        WITH RECURSIVE {MayRun.Sql("$1", "$2", "$5", "$6")},
        in_turn AS (SELECT *, row_number() OVER (ORDER BY place, created_at) AS turn FROM next),
        due AS (
            SELECT tenant_id, id, called_off, 0 AS turn FROM live WHERE orphan AND NOT just_handed_out AND {RegionSql.IsHere("live.tenant_id", "$5", "$6")}
            UNION ALL
            SELECT tenant_id, id, false, turn FROM in_turn, taken WHERE turn + threads <= CASE WHEN place = 1 THEN $2 ELSE $2 - $3 END),
        unlocked AS (
            SELECT d.* FROM due d JOIN sync_jobs j ON j.tenant_id = d.tenant_id AND j.id = d.id
            WHERE current_setting('datasync.turn') <> '' ORDER BY d.turn LIMIT $4 FOR UPDATE OF j SKIP LOCKED)
        UPDATE sync_jobs j SET dispatched_at = current_setting('datasync.turn')::timestamptz FROM unlocked d
        WHERE j.tenant_id = d.tenant_id AND j.id = d.id
        RETURNING j.tenant_id, j.id, d.called_off
        """;
}

/// <summary>A job marked as handed out.</summary>
/// <param name="TenantId">Whose it is.</param>
/// <param name="Id">The job.</param>
/// <param name="CalledOff">Cancelled while its worker was dead: it is only to be ended.</param>
internal readonly record struct DueJob(string TenantId, Guid Id, bool CalledOff);
