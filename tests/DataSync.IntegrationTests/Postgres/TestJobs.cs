using DataSync.Jobs;
using DataSync.Jobs.Engine;
using DataSync.Pipeline;
using DataSync.Platform.Persistence;
using DataSync.Platform.Tenancy;
using DataSync.Platform.Tenancy.Regions;
using Microsoft.EntityFrameworkCore;

namespace DataSync.IntegrationTests.Postgres;

/// <summary>Jobs made and run directly on the database, without a host.</summary>
internal sealed class TestJobs(SystemDatabase database)
{
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(30);

    public TenantDatabase Tenants { get; } = TenantsOf(database.Sources);

    public static TenantDatabase TenantsOf(DataSources sources, RegionOptions? regions = null) => new(new Contexts(sources), sources, regions);

    /// <summary>Inserts a running job under fence 1 and returns the attempt at it.</summary>
    public async Task<SyncRun> RunningAsync(string tenant, string source, SyncPlan plan, CancellationToken ct, Guid? id = null)
    {
        var job = new SyncJob
        {
            Id = id ?? Guid.CreateVersion7(),
            SourceId = source,
            TimeoutSeconds = 300,
            CreatedAt = DateTimeOffset.UtcNow,
            Config = System.Text.Json.JsonSerializer.Serialize(plan, JobJson.Options),
            Checkpoint = System.Text.Json.JsonSerializer.Serialize(new Checkpoint(), JobJson.Options),
        };
        await using (var transaction = await Tenants.BeginAsync(tenant, ct))
        {
            transaction.Db.Add(job);
            await transaction.Db.SaveChangesAsync(ct);
            (job.Status, job.Fence, job.Stage) = (JobStatus.Running, 1, Stages.Extract);
            await transaction.Db.SaveChangesAsync(ct);
            await transaction.CommitAsync(ct);
        }

        return Attempt(tenant, source, job.Id, 1, plan, new Checkpoint());
    }

    public static SyncRun Attempt(string tenant, string source, Guid job, long fence, SyncPlan plan, Checkpoint checkpoint)
    {
        SyncRun? run = null;
        return run = new SyncRun
        {
            TenantId = tenant,
            JobId = job,
            SourceId = source,
            SourceType = "read",
            CorrelationId = "c",
            Language = "en-US",
            CreatedAt = DateTimeOffset.UtcNow,
            Fence = fence,
            Plan = plan,
            Checkpoint = checkpoint,
            OpenSource = _ => throw new NotSupportedException("No source in this test."),
            Advance = (connection, move, ct) => JobLease.AdvanceAsync(connection, run!, Lease, move, null, ct),
            RegisterWriter = (connection, ct) => JobLease.RegisterWriterAsync(connection, run!, ct),
        };
    }

    private sealed class Contexts(DataSources sources) : IDbContextFactory<DataSyncDbContext>
    {
        private readonly DbContextOptions<DataSyncDbContext> _options = (DbContextOptions<DataSyncDbContext>)PersistenceServices.Configure(new DbContextOptionsBuilder<DataSyncDbContext>(), sources.App).Options;

        public DataSyncDbContext CreateDbContext() => new(_options);
    }
}
