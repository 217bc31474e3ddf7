using System.Text;
using System.Text.Json;
using DataSync.Export.Compression;
using DataSync.IntegrationTests.Platform;
using DataSync.IntegrationTests.Postgres;
using DataSync.IntegrationTests.Refine.LabelStudio;
using DataSync.IntegrationTests.Sources;
using DataSync.Jobs;
using DataSync.Jobs.Engine;
using DataSync.Jobs.Hangfire;
using DataSync.Pipeline;
using DataSync.Pipeline.Privacy;
using DataSync.Platform.Authentication;
using DataSync.Privacy.Retention;
using DataSync.Privacy.Subjects;
using DataSync.Privacy.Subjects.Access;
using DataSync.Privacy.Subjects.Erasure;
using DataSync.Privacy.Subjects.Finding;
using DataSync.Privacy.Subjects.Stores;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Time.Testing;

namespace DataSync.IntegrationTests.Privacy;

/// <summary>A worker's inside without its loops: real jobs are run on it one by one, and real requests about people are carried out.</summary>
public sealed class PrivacyRig : IAsyncLifetime
{
    private IHost _host = null!;

    internal SystemDatabase Database { get; } = new();

    internal FakeLabelStudio Annotators { get; private set; } = null!;

    internal CollectedLogs Logs { get; } = new();

    internal string Exports { get; } = Directory.CreateTempSubdirectory("datasync-privacy-").FullName;

    internal TestJobs Jobs { get; private set; } = null!;

    internal T Get<T>() where T : notnull => _host.Services.GetRequiredService<T>();

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        await Database.InitializeAsync();
        await HangfireSchema.InstallAsync(Database.Options, Ct);
        Annotators = await FakeLabelStudio.StartAsync();
        Jobs = new TestJobs(Database);
        var builder = Microsoft.Extensions.Hosting.Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { EnvironmentName = Environments.Development });
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>(StringComparer.Ordinal)
        {
            ["DATASYNC_CONNECTION"] = Database.Options.Connection,
            ["DATASYNC_SYSTEM_CONNECTION"] = Database.Options.SystemConnection,
            ["DATASYNC_MASTER_KEY"] = SourcesRoom.NewKey("privacy"),
            ["DATASYNC_EXPORT_ROOT"] = Exports,
            ["DATASYNC_EGRESS_ALLOW"] = "127.0.0.0/8",
            ["DATASYNC_TLS_EXCEPTIONS"] = "127.0.0.1",
            ["AI_ENHANCEMENT_BASE_URL"] = "http://127.0.0.1:9/v1",
            ["AI_ENHANCEMENT_API_KEY"] = "key",
            ["AI_ENHANCEMENT_MODEL"] = "m",
            ["LABEL_STUDIO_URL"] = Annotators.Url.AbsoluteUri,
            ["LABEL_STUDIO_API_KEY"] = Annotators.Logins.Personal,
        });
        builder.Logging.SetMinimumLevel(LogLevel.Trace).AddProvider(Logs);
        builder.Services.AddDataSync(builder.Configuration, DataSyncRole.Worker);
        _host = builder.Build(); // and not started
    }

    public async ValueTask DisposeAsync()
    {
        _host?.Dispose();
        if (Annotators is not null) await Annotators.DisposeAsync();
        await Database.DisposeAsync();
        Directory.Delete(Exports, recursive: true);
    }

    /// <summary>Has somebody keep records of today for ever, or a test that looks days ahead would take today's leaf from the next.</summary>
    internal Task KeepTodayAsync() => SqlAsync("INSERT INTO sync_data (tenant_id, job_id, seq, id, source_id, raw_data) VALUES ('for-ever', public.uuid7_floor(now()), 0, gen_random_uuid(), 's', '{}')");

    /// <summary>What removes old data, at another time.</summary>
    internal RetentionSweeper Sweeper(DateTimeOffset now) => Sweeper(new FakeTimeProvider(now));

    /// <summary>The same by another clock.</summary>
    internal RetentionSweeper Sweeper(TimeProvider time)
        => new(Database.Sources, Jobs.Tenants, Get<DropExport>(), Get<ListExportFiles>(), Get<OldTasks>(), time, NullLogger<RetentionSweeper>.Instance);

    /// <summary>Runs a whole job of some documents; refuses those that <paramref name="refused"/> picks.</summary>
    internal async Task<Guid> JobAsync(string tenant, string source, SyncPlan plan, IReadOnlyList<string> documents, Func<string, bool>? refused = null)
    {
        var run = await Jobs.RunningAsync(tenant, source, plan, Ct);
        var strategy = new DataSync.Process.Async.AsyncStrategy(Jobs.Tenants, TimeProvider.System);
        await strategy.StoreAsync(run, Batches.Of([.. documents], documents.Count, batch =>
        {
            for (var i = 0; i < batch.Count; i++)
            {
                if (refused?.Invoke(documents[(int)batch.FirstSeq + i]) == true) batch.Reject(i, new Rejection("rule", "CODE", "refused"));
            }
        }, Ct), Ct);
        return await EndAsync(run with { Checkpoint = new Checkpoint { Stage = Stages.Export } });
    }

    /// <summary>Exports what a job stored, and ends it.</summary>
    internal async Task<Guid> EndAsync(SyncRun run)
    {
        var outcome = await Get<PipelineRunner>().RunAsync(run, static (_, _) => Task.CompletedTask, Ct);
        await new JobOutcome(Jobs.Tenants).EndAsync(run, JobStatus.Completed, outcome, null, TimeSpan.FromSeconds(1), Ct);
        return run.JobId;
    }

    internal static Caller Caller(string tenant) => new(tenant, "dpo", "en-US", new HashSet<string>([ApiScope.Privacy], StringComparer.Ordinal), "c");

    internal static Subject Whole(string value) => new(value, Within: false, new Dictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal));

    /// <summary>Erases a subject, to the end.</summary>
    internal async Task<ErasureView> EraseAsync(string tenant, Subject subject)
    {
        var requests = Get<ErasureRequests>();
        var request = await requests.AddAsync(Caller(tenant), subject, null, Ct);
        for (var i = 0; i < 200; i++)
        {
            await SqlAsync("UPDATE privacy_requests SET not_before = NULL");
            await Get<ErasureWorker>().RunDueAsync(Ct);
            var view = (await requests.FindAsync(tenant, request.RequestId, Ct))!;
            if (view.CompletedAt is not null) return view;
        }

        throw new Xunit.Sdk.XunitException($"The request does not end: {(await requests.FindAsync(tenant, request.RequestId, Ct))!.Failure}; {string.Join(" | ", Logs.Lines.Where(l => l.Contains("rasure", StringComparison.Ordinal)).TakeLast(6))}");
    }

    /// <summary>What is given out of a subject, line by line, to the end.</summary>
    internal async Task<List<JsonElement>> GiveAsync(string tenant, Subject subject)
    {
        using var stream = new MemoryStream();
        await ExportEndpoint.WriteAsync(new SubjectSearch(tenant, new SubjectMatch(subject)), new SubjectWriter(Jobs.Tenants, stream), Get<IEnumerable<IHoldsSubjects>>(), Ct);
        return [.. Encoding.UTF8.GetString(stream.ToArray()).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => JsonElement.Parse(l))];
    }

    internal async Task<object?> SqlAsync(string sql, params object[] values)
    {
        await using var command = Database.Superuser.CreateCommand(sql);
        foreach (var value in values) command.Parameters.Add(new Npgsql.NpgsqlParameter { Value = value });
        return await command.ExecuteScalarAsync(Ct);
    }

    /// <summary>What a tenant's data is, by table: a digest of all rows, from the catalog's tables.</summary>
    internal async Task<SortedDictionary<string, string>> DigestsAsync(string tenant)
    {
        SortedDictionary<string, string> digests = new(StringComparer.Ordinal);
        foreach (var table in await TablesAsync()) digests[table] = (string)(await SqlAsync($"SELECT coalesce(md5(string_agg(t::text, '|' ORDER BY t::text)), 'none') FROM {table} t WHERE tenant_id = $1", tenant))!;
        return digests;
    }

    /// <summary>The tables that hold tenants' rows. An audit log is none: it is added to, whatever is erased.</summary>
    internal async Task<List<string>> TablesAsync() => [.. (await TenantWall.TablesAsync(Database.Superuser)).Where(t => !t.StartsWith("audit_", StringComparison.Ordinal))];

    internal async Task<List<string>> ListAsync(string sql)
    {
        await using var command = Database.Superuser.CreateCommand(sql);
        await using var rows = await command.ExecuteReaderAsync(Ct);
        List<string> found = [];
        while (await rows.ReadAsync(Ct)) found.Add(rows.GetString(0));
        return found;
    }

    /// <summary>Every file of a tenant, decompressed.</summary>
    internal SortedDictionary<string, byte[]> Files(string tenant)
    {
        SortedDictionary<string, byte[]> files = new(StringComparer.Ordinal);
        foreach (var path in Directory.Exists(Path.Combine(Exports, tenant)) ? Directory.GetFiles(Path.Combine(Exports, tenant), "*", SearchOption.AllDirectories) : [])
        {
            using var stored = File.OpenRead(path);
            using var plain = Get<IEnumerable<IFileCompression>>().FirstOrDefault(c => path.EndsWith(c.Extension, StringComparison.Ordinal))?.Decompress(stored) ?? stored;
            using var bytes = new MemoryStream();
            plain.CopyTo(bytes);
            files[Path.GetRelativePath(Exports, path)] = bytes.ToArray();
        }

        return files;
    }

    internal static SyncPlan Plan(params string[] formats) => new() { OutputFormats = formats, Export = new ExportPlan { PageSize = 50 } };

    internal static JsonElement Json(string json) => JsonElement.Parse(json);
}
