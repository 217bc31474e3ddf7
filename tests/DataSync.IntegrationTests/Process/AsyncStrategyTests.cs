using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using DataSync.IntegrationTests.Postgres;
using DataSync.Pipeline;
using DataSync.Process.Async;
using Npgsql;

namespace DataSync.IntegrationTests.Process;

public sealed class AsyncStrategyTests(SystemDatabase database) : IClassFixture<SystemDatabase>
{
    private readonly TestJobs _jobs = new(database);
    private readonly string[] _documents = [.. Enumerable.Range(0, 100).Select(i => $"{{\"n\":{i}}}")];

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task StoreAsync_under_a_stale_fence_writes_nothing()
    {
        var run = await _jobs.RunningAsync("a", "s", new SyncPlan(), Ct);
        await ExecuteAsync("UPDATE sync_jobs SET fence = 2 WHERE id = $1", run.JobId);
        await Assert.ThrowsAsync<StaleFenceException>(() => NewStrategy().StoreAsync(run, Batches.Of(_documents, 10, ct: Ct), Ct));
        Assert.Equal(0L, await CountAsync(run.JobId));
    }

    [Fact]
    public async Task StoreAsync_that_loses_its_fence_in_the_middle_keeps_only_what_was_committed_before()
    {
        var run = await _jobs.RunningAsync("a", "s", new SyncPlan(), Ct);
        await Assert.ThrowsAsync<StaleFenceException>(() => NewStrategy().StoreAsync(run, Slow(run, Ct), Ct));
        Assert.Equal(1L, await CountAsync(run.JobId));

        async IAsyncEnumerable<RecordBatch> Slow(SyncRun of, [EnumeratorCancellation] CancellationToken ct)
        {
            yield return Batch(0);
            while (of.Progress.Processed < 1) await Task.Delay(10, ct);
            await ExecuteAsync("UPDATE sync_jobs SET fence = 2 WHERE id = $1", of.JobId);
            yield return Batch(1);
        }
    }

    [Fact]
    public async Task StoreAsync_commits_what_a_slow_source_gave_without_waiting_for_more()
    {
        var run = await _jobs.RunningAsync("a", "s", new SyncPlan(), Ct);
        var released = new TaskCompletionSource();
        var storing = NewStrategy().StoreAsync(run, Stalled(Ct), Ct);
        while (await CountAsync(run.JobId) == 0) await Task.Delay(20, Ct);
        released.SetResult();
        await storing;
        Assert.Equal(2L, await CountAsync(run.JobId));

        async IAsyncEnumerable<RecordBatch> Stalled([EnumeratorCancellation] CancellationToken ct)
        {
            yield return Batch(0);
            await released.Task.WaitAsync(ct);
            yield return Batch(1);
        }
    }

    /// <summary>Without their originals, refined records are all that a batch holds.</summary>
    [Fact]
    public async Task ReadAsync_of_large_refined_records_gives_batches_that_their_bytes_end()
    {
        var run = await _jobs.RunningAsync("a", "s", new SyncPlan { Export = new ExportPlan { IncludeOriginal = false } }, Ct);
        var large = Encoding.UTF8.GetBytes($$"""{"made":"{{new string('x', 300_000)}}"}""");
        await NewStrategy().StoreAsync(run, Batches.Of(_documents[..20], 5, Refine, Ct), Ct);
        var (records, batches) = (0, 0);
        await foreach (var batch in NewStrategy().ReadAsync(run, Ct))
        {
            using (batch)
            {
                Assert.InRange(batch.Refined!.Length, large.Length, (1024 * 1024) + large.Length);
                (records, batches) = (records + batch.Count, batches + 1);
            }
        }

        Assert.Equal((20, 5), (records, batches));

        void Refine(RecordBatch batch)
        {
            batch.Refined = new RecordBuffer();
            for (var i = 0; i < batch.Count; i++) batch.Refined.Add(large);
        }
    }

    /// <summary>A split without a key places a record by its original.</summary>
    [Fact]
    public async Task ReadAsync_for_a_split_gives_originals_that_are_not_shown()
    {
        var options = new Dictionary<string, JsonElement>(StringComparer.Ordinal) { ["split"] = JsonElement.Parse("""{"train":50,"test":50}""") };
        var run = await _jobs.RunningAsync("a", "s", new SyncPlan { Export = new ExportPlan { IncludeOriginal = false, Options = options } }, Ct);
        await NewStrategy().StoreAsync(run, Batches.Of(_documents, 10, batch => Refine(batch), Ct), Ct);
        Assert.Equal(_documents, (await Batches.ToListAsync(NewStrategy().ReadAsync(run, Ct), Ct)).Select(d => d.Raw));

        static void Refine(RecordBatch batch)
        {
            batch.Refined = new RecordBuffer();
            for (var i = 0; i < batch.Count; i++) batch.Refined.Add("""{"made":1}"""u8);
        }
    }

    /// <summary>Short rows and rows larger than what is read at once, with sequence numbers and without.</summary>
    [Theory]
    [InlineData(true, 10)]
    [InlineData(false, 10)]
    [InlineData(true, 300_000)]
    [InlineData(false, 300_000)]
    public async Task ReadAsync_makes_refined_documents_of_what_was_changed(bool withSeqs, int size)
    {
        string[] documents = [.. Enumerable.Range(0, 12).Select(i => $$"""{"n":{{i}},"é":"{{new string('x', size)}}"}""")];
        var run = await _jobs.RunningAsync("a", "s", new SyncPlan(), Ct);
        await NewStrategy().StoreAsync(run, Batches.Of(documents, 6, batch => Refine(batch), Ct), Ct);
        Assert.Equal(6L, await CountAsync(run.JobId, "refined_data IS NULL AND refined_changes IS NOT NULL"));
        Assert.Equal(3L, await CountAsync(run.JobId, "refined_data IS NOT NULL"));
        var read = await Batches.ToListAsync(NewStrategy().ReadAsync(run, withSeqs, Ct), Ct);
        Assert.Equal(documents.Select((d, i) => (d, (i % 4) switch { 1 => "{\"all\":1}", 2 or 3 => d[..^1] + ",\"made\":[1,2]}", _ => d })), read.Select(r => (r.Raw, r.Current)));

        static void Refine(RecordBatch batch)
        {
            (batch.Refined, batch.Changes) = (new RecordBuffer(), new RecordBuffer());
            for (var i = 0; i < batch.Count; i++)
            {
                var which = (batch.FirstSeq + i) % 4;
                batch.Refined.Add(Encoding.UTF8.GetBytes(which switch { 0 => "", 1 => "{\"all\":1}", _ => "{\"not\":\"stored\"}" }));
                batch.Changes.Add(which < 2 ? default : Encoding.UTF8.GetBytes($"[[1,{batch.Raw[i].Length - 2}],{{\"made\":[1,2]}}]"));
            }
        }
    }

    [Fact]
    public async Task StoreAsync_failing_source_rolls_back_what_was_not_committed_and_leaves_a_usable_pool()
    {
        var run = await _jobs.RunningAsync("a", "s", new SyncPlan(), Ct);
        await Assert.ThrowsAsync<IOException>(() => NewStrategy().StoreAsync(run, Failing(), Ct));
        Assert.Equal(0L, await CountAsync(run.JobId));
        await NewStrategy().StoreAsync(run, Batches.Of(_documents, 7, ct: Ct), Ct);
        Assert.Equal(100L, await CountAsync(run.JobId));

        static async IAsyncEnumerable<RecordBatch> Failing()
        {
            await Task.Yield();
            yield return Batch(0);
            throw new IOException("the source broke");
        }
    }

    [Fact]
    public async Task ResetAsync_forgets_records_and_counters()
    {
        var run = await _jobs.RunningAsync("a", "s", new SyncPlan(), Ct);
        await NewStrategy().StoreAsync(run, Batches.Of(_documents, 9, ct: Ct), Ct);
        await NewStrategy().ResetAsync(run, Ct);
        Assert.Equal(0L, await CountAsync(run.JobId));
        await using var command = database.Superuser.CreateCommand("SELECT record_count, checkpoint ->> 'stage' FROM sync_jobs WHERE id = $1");
        command.Parameters.Add(new NpgsqlParameter { Value = run.JobId });
        await using var row = await command.ExecuteReaderAsync(Ct);
        await row.ReadAsync(Ct);
        Assert.Equal((0L, "extract"), (row.GetInt64(0), row.GetString(1)));
    }

    [Fact]
    public async Task Record_ids_tell_their_sequence_number()
    {
        var run = await _jobs.RunningAsync("a", "s", new SyncPlan(), Ct);
        await NewStrategy().StoreAsync(run, Batches.Of(_documents, 30, ct: Ct), Ct);
        await using var command = database.Superuser.CreateCommand("SELECT id, seq FROM sync_data WHERE job_id = $1");
        command.Parameters.Add(new NpgsqlParameter { Value = run.JobId });
        await using var rows = await command.ExecuteReaderAsync(Ct);
        while (await rows.ReadAsync(Ct))
        {
            Assert.True(RecordId.TryGetSeq(run.JobId, rows.GetGuid(0), out var seq));
            Assert.Equal(rows.GetInt64(1), seq);
        }
    }

    private static RecordBatch Batch(int seq)
    {
        var buffer = new RecordBuffer();
        buffer.Add("{}"u8);
        return new RecordBatch(seq, buffer);
    }

    private AsyncStrategy NewStrategy() => new(_jobs.Tenants, TimeProvider.System);

    private async Task<long> CountAsync(Guid job, string which = "true")
    {
        await using var command = database.Superuser.CreateCommand($"SELECT count(*) FROM sync_data WHERE job_id = $1 AND {which}");
        command.Parameters.Add(new NpgsqlParameter { Value = job });
        return (long)(await command.ExecuteScalarAsync(Ct))!;
    }

    private async Task ExecuteAsync(string sql, Guid job)
    {
        await using var command = database.Superuser.CreateCommand(sql);
        command.Parameters.Add(new NpgsqlParameter { Value = job });
        await command.ExecuteNonQueryAsync(Ct);
    }
}
