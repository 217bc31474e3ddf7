using DataSync.IntegrationTests.Postgres;
using DataSync.Jobs;
using Npgsql;

namespace DataSync.IntegrationTests.Jobs;

/// <summary>The moves of a job, tried on the database itself, every state against every other.</summary>
public sealed class JobMoveTests(SystemDatabase database) : IClassFixture<SystemDatabase>
{
    private static readonly Dictionary<string, string[]> Allowed = new(StringComparer.Ordinal)
    {
        ["queued"] = ["running", "cancelled", "failed"],
        ["running"] = ["waiting", "queued", "completed", "failed", "cancelled"],
        ["waiting"] = ["running", "queued", "failed", "cancelled"],
        ["failed"] = ["queued"],
        ["cancelled"] = ["queued"],
        ["completed"] = [],
    };

    private static readonly Dictionary<string, string[]> WayTo = new(StringComparer.Ordinal)
    {
        ["queued"] = [],
        ["running"] = ["running"],
        ["waiting"] = ["running", "waiting"],
        ["failed"] = ["failed"],
        ["cancelled"] = ["cancelled"],
        ["completed"] = ["running", "completed"],
    };

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Database_lets_a_job_make_its_moves_and_no_other()
    {
        List<string> wrong = [];
        foreach (var from in JobStatus.All)
        {
            foreach (var to in JobStatus.All.Where(s => s != from))
            {
                var id = await BirthAsync("async", "queued");
                foreach (var step in WayTo[from]) await MoveAsync(id, step);
                if (await TriesAsync(() => MoveAsync(id, to)) != Allowed[from].Contains(to)) wrong.Add($"{from} → {to}");
            }
        }

        Assert.Empty(wrong);
    }

    [Fact]
    public async Task Database_lets_a_job_be_born_queued_or_running_where_the_request_runs_it()
    {
        List<string> born = [];
        foreach (var mode in (string[])["async", "hybrid", "realtime"])
        {
            foreach (var status in JobStatus.All)
            {
                if (await TriesAsync(() => BirthAsync(mode, status))) born.Add($"{mode} {status}");
            }
        }

        Assert.Equal(["async queued", "hybrid queued", "hybrid running", "realtime queued", "realtime running"], born);
    }

    [Fact]
    public async Task Queue_of_a_tenant_is_counted_through_every_move()
    {
        var tenant = $"counted {Guid.NewGuid():n}";
        var jobs = new List<Guid>();
        for (var i = 0; i < 4; i++) jobs.Add(await BirthAsync("async", "queued", tenant));
        Assert.Equal(4, await QueuedAsync(tenant));
        await MoveAsync(jobs[0], "running");
        await MoveAsync(jobs[1], "cancelled");
        Assert.Equal(2, await QueuedAsync(tenant));
        await MoveAsync(jobs[0], "queued");
        await MoveAsync(jobs[1], "queued");
        Assert.Equal(4, await QueuedAsync(tenant));
        await MoveAsync(jobs[0], "running");
        await MoveAsync(jobs[0], "completed");
        await ExecuteAsync("DELETE FROM sync_jobs WHERE id = $1", jobs[2]);
        Assert.Equal(2, await QueuedAsync(tenant));
    }

    private async Task<Guid> BirthAsync(string mode, string status, string tenant = "moves")
    {
        var id = Guid.CreateVersion7();
        await ExecuteAsync(
            """
            INSERT INTO sync_jobs (tenant_id, id, source_id, source_type, mode, sync_type, status, completed_at, record_count, error_count, extracted, refined, exported, bytes, config,
                                   created_at, created_by, correlation_id, language, timeout_seconds, running_ms, fence, checkpoint, attempts, fruitless_attempts)
            VALUES ($2, $1, 's', 'read', $3, 'full', $4, CASE WHEN $4 IN ('completed', 'failed', 'cancelled') THEN now() END, 0, 0, 0, 0, 0, 0, '{}', now(), '', '', 'en-US', 1, 0, 0, '{}', 0, 0)
            """,
            id, tenant, mode, status);
        return id;
    }

    private Task MoveAsync(Guid id, string status)
        => ExecuteAsync(
            """
            UPDATE sync_jobs SET status = $2, completed_at = CASE WHEN $2 IN ('completed', 'failed', 'cancelled') THEN now() END,
                   fence = fence + CASE $2 WHEN 'running' THEN 1 ELSE 0 END
            WHERE id = $1
            """,
            id, status);

    private async Task<int> QueuedAsync(string tenant)
    {
        await using var read = database.Superuser.CreateCommand("SELECT queued FROM tenant_queues WHERE tenant_id = $1");
        read.Parameters.Add(new NpgsqlParameter<string> { TypedValue = tenant });
        return (int)(await read.ExecuteScalarAsync(Ct))!;
    }

    private static async Task<bool> TriesAsync(Func<Task> work)
    {
        try
        {
            await work();
            return true;
        }
        catch (PostgresException refused)
        {
            Assert.Equal(PostgresErrorCodes.CheckViolation, refused.SqlState);
            Assert.Contains(refused.ConstraintName, (string[])["sync_jobs_move", "sync_jobs_birth"]);
            return false;
        }
    }

    private async Task ExecuteAsync(string sql, params object[] values)
    {
        await using var command = database.Superuser.CreateCommand(sql);
        foreach (var value in values) command.Parameters.Add(new NpgsqlParameter { Value = value });
        await command.ExecuteNonQueryAsync(Ct);
    }
}
