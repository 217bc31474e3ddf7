using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using DataSync.Alerts;
using DataSync.IntegrationTests.Extract;
using DataSync.IntegrationTests.Host;
using DataSync.IntegrationTests.Postgres;
using DataSync.Jobs.Engine;
using DataSync.Jobs.Hangfire;
using DataSync.Pipeline;
using DataSync.Platform.Audit;
using DataSync.Process.Async;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace DataSync.IntegrationTests.Platform.Audit;

/// <summary>A whole API process's inside, on a port of its own, that chains nothing by itself; and a switch that forbids entries of people.</summary>
public sealed class AuditApi : IAsyncLifetime
{
    public const string Tenant = "t";

    private readonly SqliteSource _source = new();
    private WebApplication? _app;
    private HttpClient _client = new();

    internal SystemDatabase Database { get; } = new();

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        await Database.InitializeAsync();
        await HangfireSchema.InstallAsync(Database.Options, Ct);
        _source.Execute("CREATE TABLE things (id INTEGER PRIMARY KEY, name TEXT); INSERT INTO things VALUES (1, 'a-record-nobody-may-see')");
        await ExecuteAsync("""
            CREATE TABLE test_refusing AS SELECT false AS now;
            CREATE FUNCTION test_refuse() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN IF (SELECT now FROM public.test_refusing) THEN RAISE 'refused by the test'; END IF; RETURN NEW; END $$;
            CREATE TRIGGER test_refuse BEFORE INSERT ON audit_pending FOR EACH ROW WHEN (NEW.actor_kind = 'user' AND NEW.outcome = 'succeeded') EXECUTE FUNCTION test_refuse();
            """);
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { EnvironmentName = "Development" });
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>(StringComparer.Ordinal)
        {
            ["DATASYNC_CONNECTION"] = Database.Options.Connection,
            ["DATASYNC_SYSTEM_CONNECTION"] = Database.Options.SystemConnection,
            ["DATASYNC_MASTER_KEY"] = RunningSystem.MasterKey,
            ["DATASYNC_JWT_DEVELOPMENT_KEY"] = Convert.ToBase64String(RunningSystem.TokenKey),
            ["DATASYNC_EXPORT_ROOT"] = Path.Combine(_source.Folder, "exports"),
            ["DATASYNC_SQLITE_ROOTS"] = _source.Root,
            ["DATASYNC_ALLOW_WRITABLE_SOURCES"] = "true",
        });
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services.AddDataSync(builder.Configuration, DataSyncRole.Api);
        builder.Services.AddSingleton(new AuditOptions { SealEvery = TimeSpan.FromDays(1) });
        _app = builder.Build();
        _app.MapDataSync(DataSyncRole.Api);
        await _app.StartAsync(Ct);
        _client.BaseAddress = new Uri(_app.Urls.Single());
        await RunningSystem.WaitAsync("the process's session", () => Task.FromResult(Get<WorkerSession>().Current is not null), Ct);
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        if (_app is not null) await _app.DisposeAsync();
        await Database.DisposeAsync();
        _source.Dispose();
    }

    internal T Get<T>() where T : notnull => _app!.Services.GetRequiredService<T>();

    internal string SourceBody(string id) => JsonSerializer.Serialize(new
    {
        source_id = id,
        source_name = id,
        source_type = "database",
        connection_params = new { driver = "sqlite", path = _source.File },
        extraction_params = new { table = "things" },
        sync = new { },
    });

    /// <summary>A job of the tenant that is completed, has stored a record and refused another.</summary>
    internal async Task<(Guid Job, long Refused)> CompletedAsync(string sourceId)
    {
        var jobs = new TestJobs(Database);
        var run = await jobs.RunningAsync(Tenant, sourceId, new SyncPlan(), Ct);
        await new AsyncStrategy(jobs.Tenants, TimeProvider.System).StoreAsync(
            run, Batches.Of(["""{"name":"a-record-nobody-may-see"}""", """{"name":"a-record-nobody-may-see"}"""], 2, batch => batch.Reject(0, new Rejection("r", "c", "m")), Ct), Ct);
        await ExecuteAsync($"UPDATE sync_jobs SET status = 'completed', completed_at = now(), lease_until = NULL WHERE id = '{run.JobId}'");
        await using var refused = Database.Superuser.CreateCommand($"SELECT seq FROM sync_rejections WHERE job_id = '{run.JobId}'");
        return (run.JobId, (long)(await refused.ExecuteScalarAsync(Ct))!);
    }

    /// <summary>Sends a request of alice's, with the console; or a machine's, where it has a key.</summary>
    internal async Task<AuditAnswer> SendAsync(string method, string path, string? body = null, string scope = "sources.write sync.read sync.write keys.write audit.read privacy operator", string? key = null, string? apiKey = null)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", apiKey ?? RunningSystem.Token(Tenant, scope));
        if (key is not null) request.Headers.Add("Idempotency-Key", key);
        if (body is not null) request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        using var response = await _client.SendAsync(request, Ct);
        return new AuditAnswer((int)response.StatusCode, response.Headers.GetValues("X-Correlation-Id").Single(), await response.Content.ReadAsStringAsync(Ct));
    }

    internal async Task<T> RefusingAsync<T>(Func<Task<T>> work)
    {
        await ExecuteAsync("UPDATE test_refusing SET now = true");
        try
        {
            return await work();
        }
        finally
        {
            await ExecuteAsync("UPDATE test_refusing SET now = false");
        }
    }

    /// <summary>Entries of a request that are not chained yet, as <c>action outcome target details</c>, waited for, since refusals are told of afterwards.</summary>
    internal async Task<IReadOnlyList<AuditFound>> EntriesAsync(string correlationId, int atLeast = 1)
    {
        List<AuditFound> found = [];
        await RunningSystem.WaitAsync($"{atLeast} entries of the request", async () =>
        {
            await using var read = Database.Superuser.CreateCommand("SELECT action, outcome, target_kind, target, actor_kind, actor, details, xmin::text, tenant_id FROM audit_pending WHERE correlation_id = $1 AND actor_kind <> 'system' ORDER BY id");
            read.Parameters.Add(new NpgsqlParameter { Value = correlationId });
            await using var rows = await read.ExecuteReaderAsync(Ct);
            found.Clear();
            while (await rows.ReadAsync(Ct)) found.Add(new AuditFound(rows.GetString(0), rows.GetString(1), rows.GetString(2), rows.GetString(3), rows.GetString(4), rows.GetString(5), rows.GetString(6), rows.GetString(7), rows.GetString(8)));
            return found.Count >= atLeast;
        }, Ct, 30);
        return found;
    }

    /// <summary>The version of every row of every tenant table but those of the log, of what requests themselves leave, and of what a process tells of itself.</summary>
    internal async Task<string> StateAsync()
    {
        List<string> parts = [];
        foreach (var table in await TablesAsync()) parts.Add($"SELECT '{table}' AS t, count(*), coalesce(string_agg(xmin::text || ctid::text, ',' ORDER BY ctid), '') AS rows FROM {table} WHERE tenant_id <> '{Get<AlertOptions>().OperatorTenant}'");
        await using var read = Database.Superuser.CreateCommand($"SELECT string_agg(t || ':' || rows, E'\n' ORDER BY t) FROM ({string.Join(" UNION ALL ", parts)}) s");
        return (string)(await read.ExecuteScalarAsync(Ct))!;
    }

    /// <summary>Whether a transaction, known by its number, left its mark on a row of another table.</summary>
    internal async Task<bool> ChangedAsync(string transaction)
    {
        var parts = (await TablesAsync()).Select(table => $"EXISTS (SELECT 1 FROM {table} WHERE xmin::text = '{transaction}' OR xmax::text = '{transaction}')");
        await using var read = Database.Superuser.CreateCommand($"SELECT {string.Join(" OR ", parts)}");
        return (bool)(await read.ExecuteScalarAsync(Ct))!;
    }

    internal async Task ExecuteAsync(string sql)
    {
        await using var command = Database.Superuser.CreateCommand(sql);
        await command.ExecuteNonQueryAsync(Ct);
    }

    private async Task<List<string>> TablesAsync()
    {
        await using var command = Database.Superuser.CreateCommand("""
            SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE n.nspname = 'public' AND c.relkind = 'r' AND c.relname NOT IN ('audit_log', 'audit_pending', 'idempotency_keys')
              AND EXISTS (SELECT 1 FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'tenant_id') ORDER BY 1
            """);
        await using var rows = await command.ExecuteReaderAsync(Ct);
        List<string> tables = [];
        while (await rows.ReadAsync(Ct)) tables.Add(rows.GetString(0));
        return tables;
    }
}

internal sealed record AuditAnswer(int Status, string CorrelationId, string Text)
{
    public JsonElement Json => JsonElement.Parse(Text);
}

internal sealed record AuditFound(string Action, string Outcome, string TargetKind, string Target, string ActorKind, string Actor, string Details, string Transaction, string Tenant);
