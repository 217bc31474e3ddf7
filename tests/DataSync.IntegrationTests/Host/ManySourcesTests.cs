using System.Globalization;
using System.Net;
using System.Text.Json;
using DataSync.IntegrationTests.Extract;
using DataSync.IntegrationTests.Extract.Api;
using DataSync.IntegrationTests.Extract.Odbc;
using MySqlConnector;
using Npgsql;

namespace DataSync.IntegrationTests.Host;

/// <summary>Sources of every kind that one tenant reads at once, from real servers.</summary>
public sealed class ManySourcesTests : IAsyncLifetime
{
    private const int OfEachKind = 4, PageSize = 100;
    private static readonly string[] Kinds = ["table", "query", "mysql", "file", "api", "odbcpostgres", "odbcmaria", "odbcfile"];

    /// <summary>What nobody can hold in the midst of its reading.</summary>
    private static readonly string[] Files = ["file", "odbcfile"];

    private readonly RunningSystem _running = new();
    private readonly SqliteSource _sqlite = new();
    private readonly TaskCompletionSource _allRun = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private MySqlSource _mysql = null!;
    private ApiServer _api = null!;
    private NpgsqlConnectionStringBuilder _source = null!;
    private string _odbcPostgres = "", _odbcMaria = "", _odbcFile = "";

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        // two workers of which a quarter's threads is kept for other tenants: room for all at once
        _running.Settings.AddRange([("DATASYNC_SQLITE_ROOTS", _sqlite.Root), ("SYNC_MAX_CONCURRENT_JOBS_PER_TENANT", "32"), ("DATASYNC_WORKER_THREADS", "22"), .. OdbcRegistrations.Settings]);
        await _running.InitializeAsync();
        _mysql = await MySqlSource.CreateAsync(Ct);
        _api = await ApiServer.StartAsync(async context =>
        {
            await _allRun.Task.WaitAsync(context.RequestAborted);
            var i = int.Parse(context.Request.Path.Value!.TrimStart('/'), CultureInfo.InvariantCulture);
            var page = int.Parse(context.Request.Query["page"].ToString(), CultureInfo.InvariantCulture);
            await ApiServer.WriteAsync(context, $$"""{"data":[{{string.Join(',', Lines("api", i).Skip((page - 1) * PageSize).Take(PageSize))}}]}""");
        });
        _source = new NpgsqlConnectionStringBuilder(_running.SourceDatabase);
        _odbcPostgres = OdbcRegistrations.Add(OdbcRegistrations.Postgres, ("Servername", _source.Host!), ("Port", _source.Port), ("Database", _source.Database!), ("SSLmode", "disable"));
        _odbcMaria = OdbcRegistrations.Add(OdbcRegistrations.MariaDb, ("TCPIP", 1), ("SERVER", "127.0.0.1"), ("PORT", _mysql.Port), ("DATABASE", _mysql.Database), ("FORCETLS", 0));
        _odbcFile = OdbcRegistrations.Add(OdbcRegistrations.Sqlite, ("Database", _sqlite.File), ("StepAPI", 1), ("NoCreat", 1));
        await using var postgres = NpgsqlDataSource.Create(_running.SourceDatabase);
        for (var i = 1; i <= OfEachKind; i++)
        {
            foreach (var kind in Kinds)
            {
                var sql = $"CREATE TABLE {kind}_{i} (id bigint PRIMARY KEY, name varchar(40)); INSERT INTO {kind}_{i} VALUES {string.Join(',', Names(kind, i).Select(r => $"({r.Id}, '{r.Name}')"))}";
                if (kind is "mysql" or "odbcmaria") await _mysql.ExecuteAsync(sql, Ct);
                else if (Files.Contains(kind)) _sqlite.Execute(sql.Replace("bigint", "INTEGER", StringComparison.Ordinal));
                else if (kind != "api") await MakeAsync(postgres, sql);
            }
        }

        _running.Start("worker");
        _running.Start("worker");
    }

    public async ValueTask DisposeAsync()
    {
        await _running.DisposeAsync();
        if (_api is not null) await _api.DisposeAsync();
        if (_mysql is not null) await _mysql.DisposeAsync();
        _sqlite.Dispose();
    }

    // Feature: data-sync-pipeline, Property 2: For any tenant with multiple configured data sources, running extractors concurrently should not cause data corruption,
    // conflicts, or failures in any individual extractor.
    [Fact]
    [Trait("Property", "2")]
    public async Task Twenty_and_more_sources_of_every_kind_read_at_once_give_each_its_own_records()
    {
        using var client = _running.Client("many");
        List<(string Kind, int I)> sources = [.. Kinds.SelectMany(k => Enumerable.Range(1, OfEachKind).Select(i => (k, i)))];
        await Task.WhenAll(sources.Select(s => client.PostAsync("api/sources", Source(s.Kind, s.I), HttpStatusCode.Created, Ct)));
        var jobs = Array.Empty<Guid>();
        await using (await HeldAsync())
        {
            jobs = await Task.WhenAll(sources.Select(s => client.StartAsync(new { source_id = $"{s.Kind}_{s.I}", output_format = "jsonl" }, Ct)));

            // those that read files cannot be held, and may have ended by now; all others stand in the midst of their reading
            await RunningSystem.WaitAsync("all to run at once", async () =>
            {
                await using var count = _running.Database.Superuser.CreateCommand("SELECT count(*) FROM sync_jobs WHERE tenant_id = 'many' AND status = 'running'");
                return (long)(await count.ExecuteScalarAsync(Ct))! >= (Kinds.Length - Files.Length) * OfEachKind;
            }, Ct);
            _allRun.SetResult();
        }

        await Task.WhenAll(sources.Zip(jobs).Select(async started =>
        {
            var ((kind, i), id) = started;
            var job = await client.EndAsync(id, Ct, seconds: 300);
            Assert.True(job.GetProperty("status").GetString() == "completed", $"{kind}_{i}: {job.GetRawText()}");
            Assert.Equal(Lines(kind, i), (await client.ExportAsync(id, "data.jsonl", Ct)).Split('\n', StringSplitOptions.RemoveEmptyEntries));
        }));
    }

    /// <summary>Holds every table of the servers until it is disposed, so that no sync of one can end.</summary>
    private async Task<Held> HeldAsync()
    {
        var numbers = Enumerable.Range(1, OfEachKind).ToList();
        var postgres = new NpgsqlConnection(_running.SourceDatabase);
        await postgres.OpenAsync(Ct);
        await using (var hold = new NpgsqlCommand($"BEGIN; LOCK TABLE {string.Join(", ", numbers.SelectMany(i => new[] { $"table_{i}", $"query_{i}", $"odbcpostgres_{i}" }))}", postgres)) await hold.ExecuteNonQueryAsync(Ct);
        var login = $"holder_{Guid.CreateVersion7():n}";
        await _mysql.MakeLoginAsync(login, "SELECT, LOCK TABLES", Ct);
        var mysql = new MySqlConnection(new MySqlConnectionStringBuilder { Server = "127.0.0.1", Port = (uint)_mysql.Port, Database = _mysql.Database, UserID = login, Password = _mysql.Password, Pooling = false }.ConnectionString);
        await mysql.OpenAsync(Ct);
        await using (var hold = new MySqlCommand($"LOCK TABLES {string.Join(", ", numbers.SelectMany(i => new[] { $"mysql_{i} WRITE", $"odbcmaria_{i} WRITE" }))}", mysql)) await hold.ExecuteNonQueryAsync(Ct);
        return new Held(postgres, mysql, () => _mysql.ExecuteAsync($"DROP USER {login}", CancellationToken.None));
    }

    private object Source(string kind, int i)
    {
        var name = $"{kind}_{i}";
        return kind switch
        {
            "table" => _running.Source(name, new { table = name }),
            "query" => _running.Source(name, new { query = $"SELECT id, name FROM {name} WHERE id >= @least ORDER BY id", parameters = new { least = 0 } }),
            "mysql" => Registered(name, "database", _mysql.Connection.ConnectionParams, Tabular(name, i)),
            "odbcpostgres" => Registered(name, "database", OdbcSource.Connection(_odbcPostgres, _source.Username, _source.Password ?? "none").ConnectionParams, Tabular(name, i)),
            "odbcmaria" => Registered(name, "database", OdbcSource.Connection(_odbcMaria, _mysql.Login, _mysql.Password).ConnectionParams, Tabular(name, i)),
            "odbcfile" => Registered(name, "database", OdbcSource.Connection(_odbcFile).ConnectionParams, Tabular(name, i)),
            "file" => Registered(name, "database", SqliteSource.ConnectionTo(_sqlite.File).ConnectionParams, Tabular(name, i)),
            _ => Registered(name, "api", JsonSerializer.SerializeToElement(new { base_url = _api.Url.AbsoluteUri.TrimEnd('/') }), new { path = $"/{i}", records_path = "data", pagination = new { type = "page" } }),
        };
    }

    /// <summary>A table by its name, or by a query.</summary>
    private static object Tabular(string name, int i) => i % 2 == 0 ? new { table = name } : new { query = $"SELECT id, name FROM {name} ORDER BY id" };

    private static object Registered(string name, string type, JsonElement connection, object extraction)
        => new { source_id = name, source_name = name, source_type = type, connection_params = connection, extraction_params = extraction };

    /// <summary>What a source holds: each as many rows as no other of its kind, and no row that another has.</summary>
    private static IEnumerable<(int Id, string Name)> Names(string kind, int i) => Enumerable.Range(1, 700 * i).Select(n => (n, $"{kind} {i}, row {n}"));

    private static IEnumerable<string> Lines(string kind, int i) => Names(kind, i).Select(r => $$"""{"id":{{r.Id}},"name":"{{r.Name}}"}""");

    private sealed record Held(NpgsqlConnection Postgres, MySqlConnection MySql, Func<Task> Forget) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            await Postgres.DisposeAsync();
            await MySql.DisposeAsync();
            await Forget();
        }
    }

    private static async Task MakeAsync(NpgsqlDataSource postgres, string sql)
    {
        await using var command = postgres.CreateCommand(sql);
        await command.ExecuteNonQueryAsync(Ct);
    }
}
