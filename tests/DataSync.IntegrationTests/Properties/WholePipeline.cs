using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using DataSync.IntegrationTests.Extract;
using DataSync.IntegrationTests.Postgres;
using DataSync.IntegrationTests.Sources;
using DataSync.Jobs.Engine;
using DataSync.Jobs.Start;
using DataSync.Pipeline;
using DataSync.Pipeline.Documents;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Npgsql;
using NpgsqlTypes;

namespace DataSync.IntegrationTests.Properties;

/// <summary>
/// The whole pipeline as a worker has it: a tenant's PostgreSQL table, read over the network by a login that can only read; rules; our PostgreSQL
/// by the application's role; export to a folder. Only the engine around it (claim, lease, Hangfire) is left out. One for a test class.
/// </summary>
public sealed class WholePipeline : IAsyncLifetime
{
    public const string Tenant = "acme 租户/1";
    private readonly SystemDatabase _database = new();
    private readonly string _exports = Directory.Exists("/dev/shm")
        ? Directory.CreateDirectory($"/dev/shm/datasync-pipeline-{Guid.CreateVersion7():N}").FullName
        : Directory.CreateTempSubdirectory("datasync-pipeline-").FullName;

    private PostgresSource _source = null!;
    private ServiceProvider _services = null!;
    private TestJobs _jobs = null!;
    private int _tables;

    /// <summary>What the pipeline has logged.</summary>
    internal CollectedLogs Logs { get; } = new();

    public async ValueTask InitializeAsync()
    {
        var ct = TestContext.Current.CancellationToken;
        await _database.InitializeAsync();
        _source = await PostgresSource.CreateAsync(ct);
        _jobs = new TestJobs(_database);
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>(StringComparer.Ordinal)
        {
            ["DATASYNC_CONNECTION"] = _database.Options.Connection,
            ["DATASYNC_SYSTEM_CONNECTION"] = _database.Options.SystemConnection,
            ["DATASYNC_MASTER_KEY"] = SourcesRoom.NewKey("pipeline"),
            ["DATASYNC_EXPORT_ROOT"] = _exports,
            ["DATASYNC_EGRESS_ALLOW"] = "127.0.0.0/8,::1/128",
            ["DATASYNC_TLS_EXCEPTIONS"] = "127.0.0.1,localhost,::1",
        }).Build();
        _services = new ServiceCollection().AddSingleton<IConfiguration>(configuration).AddLogging(l => l.SetMinimumLevel(LogLevel.Trace).AddProvider(Logs))
            .AddDataSync(configuration, DataSyncRole.Worker).BuildServiceProvider();
    }

    public async ValueTask DisposeAsync()
    {
        if (_services is not null) await _services.DisposeAsync();
        if (_source is not null) await _source.DisposeAsync();
        await _database.DisposeAsync();
        Directory.Delete(_exports, recursive: true);
    }

    /// <summary>Lays the data into a table of the tenant's database, syncs it by a Start, and collects all that came of it.</summary>
    internal async Task<PipelineOutcome> RunAsync(SourceData data, string start, CancellationToken ct)
    {
        var table = $"t{++_tables}";
        await FillAsync(table, data, ct);
        try
        {
            var run = await _jobs.RunningAsync(Tenant, "source", Plan(start, table), ct) with { OpenSource = _ => ValueTask.FromResult(_source.Connection) };
            var leases = _services.GetRequiredService<JobLease>();
            var outcome = await _services.GetRequiredService<PipelineRunner>().RunAsync(run, (stage, token) => leases.EnterAsync(run, stage, token), ct);
            return await CollectAsync(run, outcome, ct);
        }
        finally
        {
            await _source.ExecuteAsync($"DROP TABLE {table}", CancellationToken.None);
        }
    }

    private SyncPlan Plan(string start, string table)
    {
        var members = JsonNode.Parse(start)!.AsObject();
        members["extraction_params"] = new JsonObject { ["table"] = table };
        var plan = JsonElement.Parse(members.ToJsonString());
        var reader = _services.GetRequiredService<PlanReader>();
        Assert.Empty(reader.Validate(plan, ""));
        return reader.Read(plan);
    }

    private async Task FillAsync(string table, SourceData data, CancellationToken ct)
    {
        var columns = string.Concat(data.Columns.Select(c => $", \"{c.Name.Replace("\"", "\"\"", StringComparison.Ordinal)}\" {c.Type}"));
        await _source.ExecuteAsync($"CREATE TABLE {table} (row bigint PRIMARY KEY{columns})", ct);
        var values = string.Concat(data.Columns.Select((c, i) => $", v{i}::{c.Type}"));
        var arrays = string.Concat(data.Columns.Select((_, i) => $", ${i + 2}"));
        var names = string.Concat(data.Columns.Select((_, i) => $", v{i}"));
        await using var insert = _source.Admin.CreateCommand($"INSERT INTO {table} SELECT r{values} FROM unnest($1{arrays}) AS u (r{names})");
        insert.Parameters.Add(new NpgsqlParameter<long[]> { TypedValue = [.. Enumerable.Range(0, data.Rows).Select(r => (long)r)] });
        foreach (var column in data.Columns) insert.Parameters.Add(new NpgsqlParameter { Value = column.Values.ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text });
        await insert.ExecuteNonQueryAsync(ct);
    }

    private async Task<PipelineOutcome> CollectAsync(SyncRun run, StageOutcome outcome, CancellationToken ct)
    {
        await using var transaction = await _jobs.Tenants.BeginAsync(Tenant, ct);
        List<StoredRow> stored = [];
        await using (var read = transaction.Command("SELECT seq, raw_data::text, refined_data::text, metadata::text, refined_changes::text FROM sync_data WHERE job_id = $1 ORDER BY seq", run.JobId))
        await using (var rows = await read.ExecuteReaderAsync(ct))
        {
            while (await rows.ReadAsync(ct))
            {
                var refined = Optional(rows, 4) is { } changes ? DocumentChanges.Apply(rows.GetString(1), changes) : Optional(rows, 2);
                stored.Add(new StoredRow(rows.GetInt64(0), rows.GetString(1), refined, Optional(rows, 3)));
            }

        }

        List<RejectedRow> rejected = [];
        await using (var read = transaction.Command("SELECT seq, rule_id, code, message, field, original::text FROM sync_rejections WHERE job_id = $1 ORDER BY seq", run.JobId))
        await using (var rows = await read.ExecuteReaderAsync(ct))
        {
            while (await rows.ReadAsync(ct)) rejected.Add(new RejectedRow(rows.GetInt64(0), rows.GetString(1), rows.GetString(2), rows.GetString(3), Optional(rows, 4), rows.GetString(5)));
        }

        await using var count = transaction.Command("SELECT record_count || '/' || error_count FROM sync_jobs WHERE id = $1", run.JobId);
        Assert.Equal($"{stored.Count}/{rejected.Count}", await count.ExecuteScalarAsync(ct));

        Dictionary<string, string> files = new(StringComparer.Ordinal);
        var strict = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);
        foreach (var file in outcome.Exports) files[file.Name] = strict.GetString(await File.ReadAllBytesAsync(Path.Combine(_exports, file.Path), ct));
        Directory.Delete(Path.GetDirectoryName(Path.Combine(_exports, outcome.Exports[0].Path))!, recursive: true);
        return new PipelineOutcome(stored, rejected, files);
    }

    private static string? Optional(NpgsqlDataReader rows, int column) => rows.IsDBNull(column) ? null : rows.GetString(column);
}

/// <summary>All that a job left: records and quarantine as the tenant sees them, and the text of each exported file.</summary>
internal sealed record PipelineOutcome(IReadOnlyList<StoredRow> Stored, IReadOnlyList<RejectedRow> Rejected, IReadOnlyDictionary<string, string> Files)
{
    /// <summary>The lines of the JSON Lines file.</summary>
    public string[] Lines => Files["data.jsonl"].Split('\n')[..^1];
}

/// <summary>A row of <c>sync_data</c>.</summary>
internal sealed record StoredRow(long Seq, string Raw, string? Refined, string? Metadata);

/// <summary>A row of <c>sync_rejections</c>.</summary>
internal sealed record RejectedRow(long Seq, string RuleId, string Code, string Message, string? Field, string Original);
