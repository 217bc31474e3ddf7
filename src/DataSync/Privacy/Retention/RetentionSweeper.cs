using System.Data.Common;
using DataSync.Pipeline.Failures;
using DataSync.Pipeline.Privacy;
using DataSync.Platform.Audit;
using DataSync.Platform.Persistence;
using DataSync.Platform.Tenancy;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace DataSync.Privacy.Retention;

/// <summary>
/// Removes what has outlived the time that its tenant is given. Leaves in which everybody's records have, go whole; the rest goes in small transactions, as the tenant. A pass may be ended and
/// repeated at any point, and several at once remove each thing once.
/// </summary>
internal sealed partial class RetentionSweeper(DataSources sources, TenantDatabase database, DropExport drop, ListExportFiles files, OldTasks tasks, TimeProvider time, ILogger<RetentionSweeper> logger)
    : HourlySweeper(sources, time)
{
    private readonly TimeProvider _time = time;
    private const int Chunk = 5000, Jobs = 100;

    private static readonly string[] TablesOfJobs = [OldJobs.Enrichments, OldJobs.Records, "sync_rejections", "sync_seen_values"];

    private const string InboxSql =
        """
        DELETE FROM webhook_deliveries w USING (
            SELECT d.delivery_id FROM webhook_deliveries d LEFT JOIN sync_jobs j ON j.tenant_id = d.tenant_id AND j.id = d.job_id
            WHERE d.tenant_id = $1 AND d.received_at < $2 AND (d.failure IS NOT NULL OR (d.job_id IS NOT NULL AND (j.id IS NULL OR j.completed_at IS NOT NULL))) LIMIT $3) o
        WHERE w.tenant_id = $1 AND w.delivery_id = o.delivery_id
        """;

    private const string AnswersSql = "DELETE FROM ai_answers a USING (SELECT key FROM ai_answers WHERE tenant_id = $1 AND created_at < $2 LIMIT $3) o WHERE a.tenant_id = $1 AND a.key = o.key";

    private const string ExportsSql = "SELECT id FROM sync_jobs WHERE tenant_id = $1 AND completed_at < $2 AND " + EndedExports.MayBe + " ORDER BY id LIMIT $3";

    private const string JobsSql = "SELECT id FROM sync_jobs WHERE tenant_id = $1 AND completed_at < $2 ORDER BY id LIMIT $3";

    /// <summary>Does it now; returns how many things were removed, a leaf counting as one.</summary>
    public async Task<long> SweepAsync(CancellationToken ct)
    {
        List<(string Tenant, string Kind, int Days)> rules = [];
        await using (var read = Sources.System.CreateCommand("SELECT tenant_id, kind, days FROM retention ORDER BY tenant_id, kind"))
        await using (var rows = await read.ExecuteReaderAsync(ct))
        {
            while (await rows.ReadAsync(ct)) rules.Add((rows.GetString(0), rows.GetString(1), rows.GetInt32(2)));
        }

        if (rules.Count == 0) return 0;
        var tenants = rules.GroupBy(r => r.Tenant, r => (r.Kind, r.Days), StringComparer.Ordinal).Select(t => (t.Key, Rules: t.ToList())).ToList();

        // What was made of a record need not say whom it is about, and is found by the record: it goes first, and a leaf waits for it.
        var removed = 0L;
        foreach (var (tenant, kinds) in tenants)
        {
            foreach (var (_, days) in kinds.Where(r => r.Kind == RetentionKinds.Records)) removed += await AloneAsync(() => EnrichmentsAsync(tenant, days, ct), ct);
        }

        removed += await LeavesAsync(ct);
        foreach (var (tenant, kinds) in tenants) removed += await AloneAsync(() => SweepAsync(tenant, kinds, ct), ct);
        return removed;
    }

    /// <summary>Does a tenant's part; whatever it meets is told, and keeps no other's data.</summary>
    private async Task<long> AloneAsync(Func<Task<long>> sweep, CancellationToken ct)
    {
        try
        {
            return await sweep();
        }
        catch (SyncFailureException e)
        {
            Log.SweepFailed(logger, e.Failure.MessageKey);
        }
        catch (LostTurnException)
        {
            Log.SweepFailed(logger, null);
        }
        catch (Exception e) when (e is not OperationCanceledException || !ct.IsCancellationRequested)
        {
            Log.SweepFailed(logger, (e as DbException)?.SqlState ?? e.GetType().Name);
        }

        return 0;
    }

    /// <summary>One leaf a transaction, as whoever drops one holds up everybody until it ends. What it meets keeps no tenant's rows: leaves that cannot go are followed up in an hour.</summary>
    private async Task<long> LeavesAsync(CancellationToken ct)
    {
        var dropped = 0L;
        try
        {
            while (await LeafAsync(ct)) dropped++;
        }
        catch (NpgsqlException e)
        {
            Log.SweepFailed(logger, e.SqlState);
        }

        return dropped;
    }

    private async Task<bool> LeafAsync(CancellationToken ct)
    {
        await using var leaf = Sources.System.CreateCommand("SELECT public.drop_expired_leaves($1)");
        leaf.Parameters.AddWithValue(_time.GetUtcNow());
        return await leaf.ExecuteScalarAsync(ct) is > 0;
    }

    /// <summary>What enrichers made of records that have outlived their time; an erasure finds it by them, so whoever has the turn is followed in an hour.</summary>
    private async Task<long> EnrichmentsAsync(string tenant, int days, CancellationToken ct)
    {
        await using var turn = await TenantTurn.TakeAsync(database, tenant, ct);
        if (turn is null) return 0;
        return await TellingAsync(tenant, RetentionKinds.Records, days, async removal =>
        {
            await OldJobs.SweepAsync(database, removal, OldJobs.Enrichments, Chunk, ct);
            return true;
        });
    }

    /// <summary>All kinds of a tenant. An erasure makes files of what is stored, which must not go meanwhile: whoever has the turn is followed in an hour.</summary>
    private async Task<long> SweepAsync(string tenant, IReadOnlyList<(string Kind, int Days)> rules, CancellationToken ct)
    {
        await using var turn = await TenantTurn.TakeAsync(database, tenant, ct);
        if (turn is null) return 0;
        var removed = 0L;
        foreach (var (kind, days) in WithAnswers(rules))
        {
            removed += await TellingAsync(tenant, kind, days, async removal =>
            {
                await SweepAsync(turn, removal, ct);
                return true;
            });
        }

        // Whichever of these took the records: their tasks go behind them.
        int[] records = [.. rules.Where(r => r.Kind is RetentionKinds.Records or RetentionKinds.Jobs).Select(r => r.Days)];
        if (records.Length > 0) removed += await TellingAsync(tenant, OldTasks.Kind, records.Min(), removal => tasks.SweepAsync(removal, turn.ConfirmAsync, ct));
        return removed;
    }

    /// <summary>
    /// Answers of models go before the jobs do in which they were given: they are found by records, and where those have gone, by when their jobs ended (<see cref="Subjects.Stores.LeftAnswerStore"/>). Behind a job that is
    /// forgotten nobody would know that an answer is about a person.
    /// </summary>
    private static IEnumerable<(string Kind, int Days)> WithAnswers(IReadOnlyList<(string Kind, int Days)> rules)
    {
        int[] answers = [.. rules.Where(r => r.Kind is RetentionKinds.AiAnswers or RetentionKinds.Jobs).Select(r => r.Days)];
        if (answers.Length > 0) yield return (RetentionKinds.AiAnswers, answers.Min());
        foreach (var rule in rules.Where(r => r.Kind != RetentionKinds.AiAnswers)) yield return rule;
    }

    /// <summary>Runs a pass over one kind, and tells the audit log what it removed; returns how much.</summary>
    private async Task<long> TellingAsync(string tenant, string kind, int days, Func<Removal, Task<bool>> sweep)
    {
        var now = _time.GetUtcNow();
        var removal = new Removal(tenant, kind, now - TimeSpan.FromDays(days), now);
        var outcome = AuditOutcome.Failed;
        try
        {
            if (await sweep(removal)) outcome = AuditOutcome.Succeeded;
        }
        finally
        {
            // also of a pass that ended early: what went by then is gone
            await removal.TellAsync(database, _time.GetUtcNow(), outcome);
        }

        return removal.Count;
    }

    private Task SweepAsync(TenantTurn turn, Removal removal, CancellationToken ct) => removal.Kind switch
    {
        RetentionKinds.Records => RecordsAsync(removal, ct),
        RetentionKinds.Rejections => OldJobs.SweepAsync(database, removal, "sync_rejections", Chunk, ct),
        RetentionKinds.Inbox => RepeatAsync(removal, InboxSql, ct),
        RetentionKinds.AiAnswers => RepeatAsync(removal, AnswersSql, ct),
        RetentionKinds.Exports => ExportsAsync(turn, removal, ct),
        RetentionKinds.Jobs => JobsAsync(turn, removal, ct),
        _ => Task.CompletedTask,
    };

    private async Task RecordsAsync(Removal removal, CancellationToken ct)
    {
        // Whatever hindered it above, it goes before the records.
        await OldJobs.SweepAsync(database, removal, OldJobs.Enrichments, Chunk, ct);
        await OldJobs.SweepAsync(database, removal, OldJobs.Records, Chunk, ct);
    }

    private async Task RepeatAsync(Removal removal, string sql, CancellationToken ct)
    {
        for (var done = Chunk; done == Chunk;)
        {
            done = await database.RunAsync(removal.TenantId, async transaction =>
            {
                await using var delete = transaction.Command(sql, removal.TenantId, removal.Before, Chunk);
                return await delete.ExecuteNonQueryAsync(ct);
            }, ct);
            removal.Count += done;
        }
    }

    private async Task ExportsAsync(TenantTurn turn, Removal removal, CancellationToken ct)
    {
        while (true)
        {
            var jobs = await JobsOfAsync(removal.TenantId, ExportsSql, removal.Before, ct);
            var done = 0;
            foreach (var job in jobs)
            {
                if (await DropAsync(turn, removal.TenantId, job, removal.Before, ct) is not { } had) continue;
                done++;
                if (had) removal.Count++;
            }

            if (jobs.Count < Jobs || done == 0) return;
        }
    }

    /// <summary>
    /// Removes a job's files; null where it was retried meanwhile, false where there were none. It is held so that it may be named anew and not retried; one that ended early begins from nothing from here, before the first file goes.
    /// </summary>
    private async Task<bool?> DropAsync(TenantTurn turn, string tenant, Guid job, DateTimeOffset before, CancellationToken ct)
    {
        await turn.ConfirmAsync(ct);
        var had = (await files(tenant, job, ct)).Any;
        if (had && !await database.RunAsync(tenant, transaction => OldJobs.BeginAgainAsync(transaction, tenant, job, before, ct), ct)) return null;
        await using var held = await database.BeginAsync(tenant, durable: false, ct);
        await using (var hold = held.Command("SELECT id FROM sync_jobs WHERE tenant_id = $1 AND id = $2 AND completed_at < $3 FOR KEY SHARE", tenant, job, before))
        {
            if (await hold.ExecuteScalarAsync(ct) is null) return null;
        }

        // One that was retried and failed again in between may have files by now, and a place to go on from that needs them: it is looked at again in an hour.
        if (!had && (await files(tenant, job, ct)).Any) return null;
        await drop(tenant, job, ct);
        return had;
    }

    private async Task JobsAsync(TenantTurn turn, Removal removal, CancellationToken ct)
    {
        var (tenant, before) = (removal.TenantId, removal.Before);
        while (true)
        {
            var jobs = await JobsOfAsync(tenant, JobsSql, before, ct);
            List<Guid> emptied = [];
            foreach (var job in jobs)
            {
                if (await DropAsync(turn, tenant, job, before, ct) is not null && await EmptyAsync(tenant, job, before, ct)) emptied.Add(job);
            }

            var forgotten = await database.RunAsync(tenant, async transaction =>
            {
                var ended = await OldJobs.HoldEndedAsync(transaction, tenant, emptied, before, ct);
                await using var forget = transaction.Command("SELECT public.forget_ended_jobs($1)", [ended.ToArray()]);
                return (int)(await forget.ExecuteScalarAsync(ct))!;
            }, ct);
            removal.Count += forgotten;
            if (jobs.Count < Jobs || forgotten == 0) return;
        }
    }

    /// <summary>Removes all rows that a job holds; false where it was retried meanwhile, or is exported again.</summary>
    private async Task<bool> EmptyAsync(string tenant, Guid job, DateTimeOffset before, CancellationToken ct)
    {
        foreach (var table in TablesOfJobs)
        {
            var sql = OldJobs.SomeSql(table);
            for (int? done = Chunk; done == Chunk;)
            {
                done = await database.RunAsync(tenant, async transaction =>
                {
                    if (!await OldJobs.BeginAgainAsync(transaction, tenant, job, before, ct)) return (int?)null;
                    if (OldJobs.IsExported(table)) await OldJobs.RetireAsync(transaction, tenant, [job], _time.GetUtcNow(), ct);
                    await using var delete = transaction.Command(sql, tenant, new[] { job }, Chunk);
                    return await delete.ExecuteNonQueryAsync(ct);
                }, ct);
                if (done is null) return false;
            }
        }

        return true;
    }

    private async Task<List<Guid>> JobsOfAsync(string tenant, string sql, DateTimeOffset before, CancellationToken ct)
    {
        await using var batch = await database.BatchAsync(tenant, durable: false, ct);
        batch.Add(sql, tenant, before, Jobs);
        await using var rows = await batch.ReadAsync(ct);
        List<Guid> jobs = [];
        while (await rows.ReadAsync(ct)) jobs.Add(rows.GetGuid(0));
        return jobs;
    }

    protected override async Task SweepAndTellAsync(CancellationToken ct) => Log.Swept(logger, await SweepAsync(ct));

    protected override void TellFailed(string? reason) => Log.SweepFailed(logger, reason);

    private static partial class Log
    {
        [LoggerMessage(2045, LogLevel.Information, "Removed {Count} things that had outlived their time")]
        public static partial void Swept(ILogger logger, long count);

        [LoggerMessage(2046, LogLevel.Warning, "What has outlived its time could not all be removed ({Reason}); tried again in an hour")]
        public static partial void SweepFailed(ILogger logger, string? reason);
    }
}
