using System.Net;
using System.Net.Http.Json;
using DataSync.IntegrationTests.Postgres;
using DataSync.Platform.Persistence;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;
using Npgsql;

namespace DataSync.IntegrationTests.Host;

/// <summary>A database of an older schema with a tenant's rows in it, brought up to date by this build: it shows what was there, and works.</summary>
[Collection(nameof(WholeSystem))]
public sealed class OlderSchemaTests(EndToEndTests.System system)
{
    /// <summary>How many migrations came since.</summary>
    private const int Behind = 10;

    private const string Tenant = "older";

    /// <summary>Tables that hold a tenant's rows, and their columns; leaves are reached by their parent.</summary>
    private const string ColumnsSql =
        """
        SELECT c.relname::text, a.attname::text FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
            AND EXISTS (SELECT FROM pg_attribute t WHERE t.attrelid = c.oid AND t.attname = 'tenant_id' AND NOT t.attisdropped)
        ORDER BY c.relname, a.attname
        """;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Migrated_database_of_an_older_schema_shows_its_rows_unchanged_and_goes_on_working()
    {
        using var client = system.Running.Client(Tenant);
        var rules = new { business_rules = new[] { new { id = "no-seven", when = new Dictionary<string, object> { ["=="] = new object[] { new { var = "id" }, 7 } }, then = new[] { new { reject = new { code = "SEVEN", message = "no" } } } } } };
        await client.PostAsync("api/sources", system.Running.Source("things", new { query = "SELECT id, name, price FROM things WHERE id <= 100 ORDER BY id" }), HttpStatusCode.Created, Ct);
        using (var schedule = await client.PutAsJsonAsync("api/sources/things/schedule", new { cron = "0 0 1 1 *", time_zone = "UTC" }, Ct)) Assert.True(schedule.IsSuccessStatusCode, await schedule.Content.ReadAsStringAsync(Ct));
        var id = await client.StartAsync(new { source_id = "things", output_format = "jsonl", refinement_config = rules }, Ct);
        Assert.Equal("completed", (await client.EndAsync(id, Ct)).GetProperty("status").GetString());
        string[] paths = [$"api/sync/jobs/{id}", $"api/sync/jobs/{id}/records?page_size=100", $"api/sync/jobs/{id}/rejections", "api/sources/things", "api/sources/things/schedule", "api/sync/jobs"];
        var before = await ReadAsync(client, paths);
        var exported = await client.ExportAsync(id, "data.jsonl", Ct);
        var exports = Directory.CreateTempSubdirectory("datasync-older-").FullName;
        var admin = await PostgresServer.CreateDatabaseAsync("datasync_older", Ct);
        try
        {
            var roles = await PostgresServer.PrepareRolesAsync(admin, Ct);
            await MigrateToOlderAsync(roles.OwnerConnection);
            await CopyAsync(new NpgsqlConnectionStringBuilder(admin) { Database = new NpgsqlConnectionStringBuilder(system.Running.Database.Options.Connection).Database }.ConnectionString, admin);
            await using (var migrate = system.Running.Start("migrate", ("DATASYNC_OWNER_CONNECTION", roles.OwnerConnection)))
            {
                await migrate.ExitAsync(Ct).WaitAsync(TimeSpan.FromMinutes(3), Ct);
                Assert.True(migrate.ExitCode == 0, migrate.Log);
                Assert.Contains($"{Behind} migrations applied", migrate.Log, StringComparison.Ordinal);
            }

            var (process, address) = await system.Running.StartApiAsync(
                Ct, ("DATASYNC_ROLE", "all"), ("DATASYNC_CONNECTION", roles.Connection), ("DATASYNC_SYSTEM_CONNECTION", roles.SystemConnection), ("DATASYNC_EXPORT_ROOT", exports));
            await using (process)
            {
                using var migrated = system.Running.Client(Tenant, address: address);
                Assert.Equal(before, await ReadAsync(migrated, paths));
                Assert.True((await migrated.PostAsync("api/sources/things/test", new { }, HttpStatusCode.OK, Ct)).GetProperty("passed").GetBoolean());
                var again = (await migrated.PostAsync($"api/sync/jobs/{id}/exports", new { }, HttpStatusCode.Accepted, Ct)).GetProperty("job_id").GetGuid();
                Assert.Equal("completed", (await migrated.EndAsync(again, Ct)).GetProperty("status").GetString());
                Assert.Equal(exported, await migrated.ExportAsync(again, "data.jsonl", Ct));
                var next = await migrated.EndAsync(await migrated.StartAsync(new { source_id = "things", refinement_config = rules }, Ct), Ct);
                Assert.Equal(("completed", 99), (next.GetProperty("status").GetString(), next.GetProperty("record_count").GetInt32()));
                await process.TerminateAsync(Ct);
                await process.ExitAsync(Ct).WaitAsync(TimeSpan.FromMinutes(1), Ct);
            }
        }
        finally
        {
            NpgsqlConnection.ClearAllPools();
            await PostgresServer.DropDatabaseAsync(admin, CancellationToken.None);
            Directory.Delete(exports, recursive: true);
        }
    }

    private static async Task<List<string>> ReadAsync(HttpClient client, IEnumerable<string> paths)
    {
        List<string> read = [];
        foreach (var path in paths) read.Add((await client.GetJsonAsync(path, Ct)).GetRawText());
        return read;
    }

    private static async Task MigrateToOlderAsync(string owner)
    {
        await using var source = NpgsqlDataSource.Create(owner);
        await using var context = new DataSyncDbContext(new DbContextOptionsBuilder<DataSyncDbContext>().UseNpgsql(source, PersistenceServices.MigrationsHistory).UseSnakeCaseNamingConvention().Options);
        await context.GetService<IMigrator>().MigrateAsync(context.Database.GetMigrations().SkipLast(Behind).Last(), Ct);
    }

    /// <summary>Puts the tenant's rows into the older tables, as far as those have the columns.</summary>
    private static async Task CopyAsync(string from, string to)
    {
        await using var newer = NpgsqlDataSource.Create(from);
        await using var older = NpgsqlDataSource.Create(to);
        var (now, then) = (await ColumnsAsync(newer), await ColumnsAsync(older));
        await using var target = await older.OpenConnectionAsync(Ct);
        await using (var quiet = new NpgsqlCommand("SET session_replication_role = replica", target)) await quiet.ExecuteNonQueryAsync(Ct); // what triggers wrote comes along
        await using var read = await newer.OpenConnectionAsync(Ct);
        var tables = 0;
        foreach (var table in then)
        {
            var columns = string.Join(", ", table.Where(now[table.Key].Contains).Select(c => $"\"{c}\""));
            await using var output = await read.BeginRawBinaryCopyAsync($"COPY (SELECT {columns} FROM public.\"{table.Key}\" WHERE tenant_id = '{Tenant}') TO STDOUT (FORMAT binary)", Ct);
            await using var input = await target.BeginRawBinaryCopyAsync($"COPY public.\"{table.Key}\" ({columns}) FROM STDIN (FORMAT binary)", Ct);
            await output.CopyToAsync(input, Ct);
            tables++;
        }

        Assert.True(tables > 10, $"only {tables} tables");
    }

    private static async Task<ILookup<string, string>> ColumnsAsync(NpgsqlDataSource source)
    {
        await using var command = source.CreateCommand(ColumnsSql);
        await using var rows = await command.ExecuteReaderAsync(Ct);
        List<(string Table, string Column)> found = [];
        while (await rows.ReadAsync(Ct)) found.Add((rows.GetString(0), rows.GetString(1)));
        return found.ToLookup(f => f.Table, f => f.Column, StringComparer.Ordinal);
    }
}
