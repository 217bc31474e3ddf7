using System.Runtime.CompilerServices;
using System.Text.Json;
using DataSync.Jobs;
using DataSync.Jobs.Engine;
using DataSync.Pipeline;
using DataSync.Platform.Persistence;
using DataSync.Platform.Tenancy;
using DataSync.Process.Async;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace DataSync.Benchmarks.Ours;

/// <summary>The child process of case <c>store</c>: documents of a JSONL file into a job's records, checkpoints included, as the application role.</summary>
internal static class StoreProgram
{
    public const string Name = "store";
    public const string Unfenced = "unfenced";
    public const string Tenant = "bench";
    private const int BatchRecords = 1000;

    /// <summary>Stores the file's documents.</summary>
    /// <param name="path">A document a line.</param>
    /// <param name="fenced">False leaves out checkpoint and fence, to see what they cost; the engine never does.</param>
    /// <param name="ct">Ends the run.</param>
    public static async Task RunAsync(string path, bool fenced, CancellationToken ct)
    {
        var configuration = new ConfigurationBuilder().AddEnvironmentVariables().Build();
        await using var services = new ServiceCollection().AddLogging().AddSingleton(TimeProvider.System)
            .AddPersistence(configuration).BuildServiceProvider();
        var database = services.GetRequiredService<TenantDatabase>();
        var run = await StartAsync(database, ct);
        if (!fenced) run = run with { Advance = static (_, _, _) => Task.CompletedTask, RegisterWriter = static (_, _) => Task.CompletedTask };
        await new AsyncStrategy(database, TimeProvider.System).StoreAsync(run, BatchesAsync(path, ct), ct);
    }

    /// <summary>A job as the engine has it once it is claimed: running, under fence 1.</summary>
    private static async Task<SyncRun> StartAsync(TenantDatabase database, CancellationToken ct)
    {
        var now = TimeProvider.System.GetUtcNow();
        var job = new SyncJob
        {
            Id = Guid.CreateVersion7(now),
            SourceId = "orders",
            TimeoutSeconds = 3600,
            CreatedAt = now,
            Config = JsonSerializer.Serialize(new SyncPlan(), JobJson.Options),
            Checkpoint = JsonSerializer.Serialize(new Checkpoint(), JobJson.Options),
        };
        await database.RunAsync(
            Tenant,
            async transaction =>
            {
                transaction.Db.Add(job);
                await transaction.Db.SaveChangesAsync(ct);
                (job.Status, job.Fence, job.Stage) = (JobStatus.Running, 1, Stages.Extract);
                return await transaction.Db.SaveChangesAsync(ct);
            },
            ct);
        SyncRun? run = null;
        return run = new SyncRun
        {
            TenantId = Tenant,
            JobId = job.Id,
            SourceId = job.SourceId,
            SourceType = "read",
            CorrelationId = "bench",
            Language = "en-US",
            CreatedAt = now,
            Fence = 1,
            Plan = new SyncPlan(),
            Checkpoint = new Checkpoint(),
            OpenSource = static _ => throw new NotSupportedException("The documents come from a file."),
            Advance = (connection, move, token) => JobLease.AdvanceAsync(connection, run!, TimeSpan.FromMinutes(5), move, null, token),
            RegisterWriter = (connection, token) => JobLease.RegisterWriterAsync(connection, run!, token),
        };
    }

    /// <summary>A file's documents, a thousand in a batch.</summary>
    public static async IAsyncEnumerable<RecordBatch> BatchesAsync(string path, [EnumeratorCancellation] CancellationToken ct)
    {
        await using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
        var bytes = new byte[1024 * 1024];
        var (seq, held) = (0L, 0);
        var documents = new RecordBuffer();
        for (int read; (read = await file.ReadAsync(bytes.AsMemory(held), ct)) > 0;)
        {
            var (start, end) = (0, held + read);
            for (int length; (length = bytes.AsSpan(start..end).IndexOf((byte)'\n')) >= 0; start += length + 1)
            {
                documents.Add(bytes.AsSpan(start, length));
                if (documents.Count < BatchRecords) continue;
                yield return Batch(documents, ref seq);
                documents = new RecordBuffer();
            }

            bytes.AsSpan(start..end).CopyTo(bytes);
            held = end - start;
        }

        if (documents.Count > 0) yield return Batch(documents, ref seq);
        else documents.Dispose();
    }

    private static RecordBatch Batch(RecordBuffer documents, ref long seq)
    {
        var batch = new RecordBatch(seq, documents) { ResumeToken = JsonSerializer.SerializeToUtf8Bytes(new { after = seq + documents.Count }) };
        seq += documents.Count;
        return batch;
    }
}
