using System.Net;
using DataSync.IntegrationTests.Extract;
using DataSync.IntegrationTests.Extract.Odbc;
using DataSync.IntegrationTests.MariaDb;
using Npgsql;

namespace DataSync.IntegrationTests.Host;

/// <summary>The whole way through each ODBC driver: registered, read by a worker, exported; and the export is the source, row by row.</summary>
public sealed class OdbcTests(OdbcTests.Reading system) : IClassFixture<OdbcTests.Reading>
{
    private const int Rows = 3000;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private static IEnumerable<string> Expected
        => Enumerable.Range(1, Rows).Select(i => $"{{\"id\":{i},\"name\":{(i % 3 == 0 ? "null" : $"\"名前 {i} 😀 \\\"é\\\"\"")},\"big\":{9007199254740993 + i}}}");

    private static string Inserts => string.Join(',', Enumerable.Range(1, Rows).Select(i => $"({i}, {(i % 3 == 0 ? "NULL" : $"'名前 {i} 😀 \"é\"'")}, {9007199254740993 + i})"));

    [Theory]
    [InlineData(OdbcRegistrations.Postgres), InlineData(OdbcRegistrations.MariaDb), InlineData(OdbcRegistrations.Sqlite)]
    public async Task Table_becomes_files_that_hold_every_row(string driver)
    {
        await using var source = await RowsAsync(driver);
        using var client = system.Running.Client("odbc-" + driver.Split(' ')[0]);
        var made = await client.PostAsync(
            "api/sources",
            new { source_id = "s", source_type = "database", connection_params = source.Connection.ConnectionParams, extraction_params = new { table = "things", primary_key = (string[])["id"] } },
            HttpStatusCode.Created, Ct);
        if (driver != OdbcRegistrations.Sqlite) Assert.Equal("***", made.GetProperty("connection_params").GetProperty("password").GetString());
        var job = await client.EndAsync(await client.StartAsync(new { source_id = "s", output_format = "jsonl" }, Ct), Ct);
        Assert.True(job.GetProperty("status").GetString() == "completed", job.GetRawText());
        Assert.Equal(Rows, job.GetProperty("record_count").GetInt32());
        Assert.Equal(Expected, (await client.ExportAsync(job.GetProperty("job_id").GetGuid(), "data.jsonl", Ct)).Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    /// <summary>A table of the rows on a real server of the driver's kind, registered as a data source.</summary>
    private async Task<Source> RowsAsync(string driver)
    {
        var make = $"CREATE TABLE things (id bigint PRIMARY KEY, name varchar(100), big bigint); INSERT INTO things VALUES {Inserts}";
        switch (driver)
        {
            case OdbcRegistrations.Postgres:
                await using (var admin = NpgsqlDataSource.Create(system.Running.SourceDatabase))
                {
                    await using var command = admin.CreateCommand(make);
                    await command.ExecuteNonQueryAsync(Ct);
                }

                var server = new NpgsqlConnectionStringBuilder(system.Running.SourceDatabase);
                var dsn = OdbcRegistrations.Add(driver, ("Servername", server.Host!), ("Port", server.Port), ("Database", server.Database!));
                return new Source(OdbcSource.Connection(dsn, server.Username, server.Password ?? "none"), null);
            case OdbcRegistrations.MariaDb:
                var maria = await MySqlSource.CreateAsync(Ct);
                await maria.ExecuteAsync(make, Ct);
                return new Source(OdbcSource.Of(await MariaDbServer.GetAsync(Ct), maria.Database, maria.Login, maria.Password), maria);
            default:
                var file = new SqliteSource();
                file.Execute(make.Replace("bigint PRIMARY", "INTEGER PRIMARY", StringComparison.Ordinal));
                return new Source(OdbcSource.Of(file), new Disposing(file));
        }
    }

    /// <summary>A worker that knows the tests' own registry of ODBC.</summary>
    public sealed class Reading : IAsyncLifetime
    {
        public RunningSystem Running { get; } = new();

        public async ValueTask InitializeAsync()
        {
            Running.Settings.AddRange(OdbcRegistrations.Settings);
            await Running.InitializeAsync();
            Running.Start("worker");
        }

        public ValueTask DisposeAsync() => Running.DisposeAsync();
    }

    private sealed record Source(DataSync.Pipeline.Connectors.SourceConnection Connection, IAsyncDisposable? Server) : IAsyncDisposable
    {
        public ValueTask DisposeAsync() => Server?.DisposeAsync() ?? ValueTask.CompletedTask;
    }

    private sealed class Disposing(IDisposable what) : IAsyncDisposable
    {
        public ValueTask DisposeAsync()
        {
            what.Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
