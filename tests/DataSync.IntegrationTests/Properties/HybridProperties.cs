using System.Diagnostics.Metrics;
using System.Text.Json;
using DataSync.IntegrationTests.Postgres;
using DataSync.Pipeline;
using DataSync.Pipeline.Routing;
using DataSync.Process.Hybrid;
using DataSync.Process.Realtime;
using DataSync.Refine.Rules;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace DataSync.IntegrationTests.Properties;

/// <summary>Routing against the real database: each record on exactly one side, in order, and none lost over attempts.</summary>
public sealed class HybridProperties : IClassFixture<SystemDatabase>, IDisposable
{
    private readonly SystemDatabase _database;
    private readonly TestJobs _jobs;
    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private readonly RealtimeMemory _memory;
    private readonly HybridStrategy _strategy;

    public HybridProperties(SystemDatabase database)
    {
        (_database, _jobs) = (database, new TestJobs(database));
        _memory = new RealtimeMemory(new RealtimeOptions(), _services.GetRequiredService<IMeterFactory>(), TimeProvider.System);
        _strategy = new HybridStrategy(_jobs.Tenants, _memory, RecordConditions.Compile, TimeProvider.System);
    }

    public void Dispose()
    {
        _memory.Dispose();
        _services.Dispose();
    }

    // Feature: data-sync-pipeline, Property 9: For any data processed in hybrid mode with routing rules, each record should be routed to either async or real-time strategy
    // based on the rule evaluation, and no record should be lost or duplicated.
    [Property(MaxTest = 100)]
    [Trait("Property", "9")]
    public Property Every_record_is_on_the_side_its_first_rule_names_and_comes_back_once_in_order()
        => Prop.ForAll(
            (from sides in Gen.Choose(0, 3).ListOf()
             from payloads in JsonGenerators.Document.ListOf(sides.Count)
             from rules in (from value in Gen.Choose(0, 3) from memory in Gen.Elements(true, false) select (value, memory)).ListOf(3)
             from fallback in Gen.Elements(true, false)
             from size in Gen.Choose(1, 9)
             from refused in Gen.Choose(0, 5)
             from again in Gen.Elements(true, false)
             select (sides, payloads, rules, fallback, size, refused, again)).ToArbitrary(),
            async given =>
            {
                var ct = TestContext.Current.CancellationToken;
                string[] documents = [.. given.sides.Zip(given.payloads, (side, payload) => $"{{\"side\":{side},\"payload\":{payload}}}")];
                bool ToMemory(int i) => given.rules.Where(r => r.value == given.sides[i]).Select(r => (bool?)r.memory).FirstOrDefault() ?? given.fallback;
                bool Refused(int i) => given.refused > 0 && i % given.refused == 0;
                var plan = new SyncPlan
                {
                    Mode = SyncModes.Hybrid,
                    Routing = new RoutingPlan
                    {
                        Rules = [.. given.rules.Select(r => new RoutingRule(JsonElement.Parse($"{{\"==\":[{{\"var\":\"side\"}},{r.value}]}}"), r.memory ? SyncModes.Realtime : SyncModes.Async))],
                        Default = given.fallback ? SyncModes.Realtime : SyncModes.Async,
                    },
                };
                var run = await _jobs.RunningAsync("hybrid", "source", plan, ct);
                var refine = (RecordBatch batch) =>
                {
                    for (var i = 0; i < batch.Count; i++)
                    {
                        if (Refused((int)batch.FirstSeq + i)) batch.Reject(i, new Rejection("r", "c", "m"));
                    }
                };
                await _strategy.StoreAsync(run, Batches.Of(documents, given.size, refine, ct), ct);
                if (given.again && documents.Length > 0)
                {
                    // The worker dies: its memory is gone, and another begins with what the checkpoint says.
                    _strategy.Release(run);
                    var (next, records) = await CheckpointAsync(run.JobId, ct);
                    Assert.Equal((Stages.Extract, documents.Length, null), (next.Stage, next.NextSeq, next.Resume));
                    Assert.Equal(documents.Where((_, i) => !Refused(i)).Count(), records);
                    await _strategy.ResetAsync(run, ct);
                    run.Progress.Restore(0, 0, 0);
                    await _strategy.StoreAsync(run, Batches.Of(documents, given.size, refine, ct), ct);
                }

                var back = await Batches.ToListAsync(_strategy.ReadAsync(run, ct), ct);
                Assert.Equal(documents.Where((_, i) => !Refused(i)), back.Select(r => r.Raw));
                Assert.Equal(documents.Where((_, i) => !ToMemory(i) && !Refused(i)), await TextsAsync("SELECT raw_data::text FROM sync_data WHERE job_id = $1 ORDER BY seq", run.JobId, ct));
                Assert.Equal(documents.Where((_, i) => !ToMemory(i) && Refused(i)), await TextsAsync("SELECT original::text FROM sync_rejections WHERE job_id = $1 ORDER BY seq", run.JobId, ct));
                var counts = run.Progress.Routed!.Snapshot();
                Assert.Equal((documents.Length, documents.Where((_, i) => ToMemory(i)).Count()), (counts.Async + counts.Realtime, counts.Realtime));
                Assert.Equal(documents.Length, counts.Rules.Sum(r => r.Records) + counts.Default.Records + counts.Undecided);
                _strategy.Release(run);
                Assert.Equal(0, _memory.Held);
            });

    private async Task<(Checkpoint Checkpoint, long Records)> CheckpointAsync(Guid job, CancellationToken ct)
    {
        await using var read = _database.Superuser.CreateCommand("SELECT checkpoint, record_count FROM sync_jobs WHERE id = $1");
        read.Parameters.Add(new NpgsqlParameter { Value = job });
        await using var row = await read.ExecuteReaderAsync(ct);
        await row.ReadAsync(ct);
        return (JsonSerializer.Deserialize<Checkpoint>(row.GetString(0), DataSync.Jobs.JobJson.Options)!, row.GetInt64(1));
    }

    private async Task<List<string>> TextsAsync(string sql, Guid job, CancellationToken ct)
    {
        await using var read = _database.Superuser.CreateCommand(sql);
        read.Parameters.Add(new NpgsqlParameter { Value = job });
        await using var rows = await read.ExecuteReaderAsync(ct);
        List<string> texts = [];
        while (await rows.ReadAsync(ct)) texts.Add(rows.GetString(0));
        return texts;
    }
}
