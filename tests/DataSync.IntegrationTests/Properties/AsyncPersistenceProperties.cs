using DataSync.IntegrationTests.Postgres;
using DataSync.Pipeline;
using DataSync.Process.Async;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;

namespace DataSync.IntegrationTests.Properties;

public sealed class AsyncPersistenceProperties(SystemDatabase database) : IClassFixture<SystemDatabase>
{
    private readonly TestJobs _jobs = new(database);

    // Feature: data-sync-pipeline, Property 7: For any data processed in async mode, the data should be persisted to PostgreSQL with tenant_id, and querying by that
    // tenant_id should retrieve the same data.
    [Property(MaxTest = 100)]
    [Trait("Property", "7")]
    public Property Stored_records_come_back_to_their_tenant_byte_for_byte()
        => Prop.ForAll(
            (from documents in JsonGenerators.Document.ListOf()
             from size in Gen.Choose(1, 50)
             from tenant in JsonGenerators.Text.Where(t => t.Length is > 0 and < 200 && !t.Contains('\0'))
             select (documents, size, tenant)).ToArbitrary(),
            async given =>
            {
                var ct = TestContext.Current.CancellationToken;
                var strategy = new AsyncStrategy(_jobs.Tenants, TimeProvider.System);
                var run = await _jobs.RunningAsync(given.tenant, "source", new SyncPlan(), ct);
                await strategy.StoreAsync(run, Batches.Of([.. given.documents], given.size, ct: ct), ct);
                var back = await Batches.ToListAsync(strategy.ReadAsync(run, ct), ct);
                Assert.Equal(given.documents, back.Select(r => r.Raw));
                var stranger = run with { TenantId = given.tenant + "'" };
                Assert.Empty(await Batches.ToListAsync(strategy.ReadAsync(stranger, ct), ct));
                await using var stamped = database.Superuser.CreateCommand("SELECT count(*) FROM sync_data WHERE job_id = $1 AND tenant_id = $2");
                stamped.Parameters.Add(new() { Value = run.JobId });
                stamped.Parameters.Add(new() { Value = given.tenant });
                Assert.Equal((long)given.documents.Count, await stamped.ExecuteScalarAsync(ct));
            });

    // Feature: data-sync-pipeline, Property 30: For any dataset larger than the batch size, the system should process it in batches, and the total processed count should
    // equal the input count with no data loss.
    [Property(MaxTest = 100)]
    [Trait("Property", "30")]
    public Property Batches_of_any_size_lose_and_repeat_nothing()
        => Prop.ForAll(
            (from count in Gen.Choose(2, 400)
             from size in Gen.Choose(1, 60)
             from refused in Gen.Choose(0, 7)
             select (count, size, refused)).ToArbitrary(),
            async given =>
            {
                var ct = TestContext.Current.CancellationToken;
                var strategy = new AsyncStrategy(_jobs.Tenants, TimeProvider.System);
                var run = await _jobs.RunningAsync("batches", "source", new SyncPlan(), ct);
                string[] documents = [.. Enumerable.Range(0, given.count).Select(i => $"{{\"n\":{i}}}")];
                var batches = 0;
                await strategy.StoreAsync(run, Batches.Of(documents, given.size, batch =>
                {
                    batches++;
                    for (var i = 0; i < batch.Count; i++)
                    {
                        if (given.refused > 0 && (batch.FirstSeq + i) % given.refused == 0) batch.Reject(i, new Rejection("rule", "odd", "no"));
                    }
                }, ct), ct);
                bool Refused(int n) => given.refused > 0 && n % given.refused == 0;
                Assert.Equal((given.count + given.size - 1) / given.size, batches);
                var back = await Batches.ToListAsync(strategy.ReadAsync(run, ct), ct);
                Assert.Equal(documents.Where((_, n) => !Refused(n)), back.Select(r => r.Raw));
                Assert.Equal(given.count, run.Progress.Processed + run.Progress.Rejected);
                await using var counts = database.Superuser.CreateCommand("""
                    SELECT record_count, error_count, (SELECT count(*) FROM sync_rejections r WHERE r.job_id = j.id),
                           (SELECT string_agg(original::text, ',' ORDER BY seq) FROM sync_rejections r WHERE r.job_id = j.id)
                    FROM sync_jobs j WHERE id = $1
                    """);
                counts.Parameters.Add(new() { Value = run.JobId });
                await using var row = await counts.ExecuteReaderAsync(ct);
                await row.ReadAsync(ct);
                Assert.Equal(back.Count, row.GetInt64(0));
                Assert.Equal(given.count - back.Count, row.GetInt64(1));
                Assert.Equal(given.count - back.Count, row.GetInt64(2));
                Assert.Equal(string.Join(",", documents.Where((_, n) => Refused(n))), row.IsDBNull(3) ? "" : row.GetString(3));
            });

    // Feature: data-sync-pipeline, Property 32: For any database operation, the system should use connection pooling and prepared statements, and connections should be
    // reused across operations.
    [Property(MaxTest = 100)]
    [Trait("Property", "32")]
    public Property Operations_share_pooled_connections_with_prepared_statements()
        => Prop.ForAll(
            (from tenants in Gen.Choose(1, 6) from operations in Gen.Choose(3, 12) select (tenants, operations)).ToArbitrary(),
            async given =>
            {
                var ct = TestContext.Current.CancellationToken;
                HashSet<int> backends = [];
                var prepared = 0L;
                for (var i = 0; i < given.operations; i++)
                {
                    await using var transaction = await _jobs.Tenants.BeginAsync($"tenant {i % given.tenants}", ct);
                    await using var list = transaction.Command("SELECT id FROM sync_jobs WHERE tenant_id = $1 LIMIT 1", $"tenant {i % given.tenants}");
                    await list.ExecuteScalarAsync(ct);
                    backends.Add(transaction.Connection.ProcessID);
                    await using var statements = transaction.Command("SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE 'SELECT id FROM sync_jobs%'");
                    prepared = (long)(await statements.ExecuteScalarAsync(ct))!;
                    await transaction.CommitAsync(ct);
                }

                Assert.Single(backends);
                Assert.Equal(1, prepared);
            });
}
