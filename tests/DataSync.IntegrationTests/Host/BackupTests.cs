using System.Diagnostics;
using System.Net;
using DataSync.IntegrationTests.Postgres;
using DataSync.Tests;
using Npgsql;

namespace DataSync.IntegrationTests.Host;

/// <summary>The way of <c>docs/operations.md</c> from a dump to a system that works again, with PostgreSQL's own programs.</summary>
[Collection(nameof(WholeSystem))]
public sealed class BackupTests(EndToEndTests.System system)
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Restored_copy_shows_the_records_opens_the_credentials_and_exports_again()
    {
        using var client = system.Running.Client("kept");
        await client.PostAsync("api/sources", system.Running.Source("things", new { query = "SELECT id, name, price FROM things WHERE id <= 100 ORDER BY id" }), HttpStatusCode.Created, Ct);
        var id = await client.StartAsync(new { source_id = "things", output_format = "jsonl" }, Ct);
        var job = await client.EndAsync(id, Ct);
        var records = await client.GetJsonAsync($"api/sync/jobs/{id}/records?page_size=100", Ct);
        var exported = await client.ExportAsync(id, "data.jsonl", Ct);

        var folder = Directory.CreateTempSubdirectory("datasync-backup-").FullName;
        var copy = await PostgresServer.CreateDatabaseAsync("datasync_restored", Ct);
        try
        {
            var dump = Path.Combine(folder, "datasync.dump");
            // A superuser's dump: row-level security hides the tenants' rows from every other role, the owner of the tables included.
            var admin = new NpgsqlConnectionStringBuilder(await PostgresServer.AdminAsync(Ct)) { Database = new NpgsqlConnectionStringBuilder(system.Running.Database.Options.Connection).Database };
            await RunAsync("pg_dump", admin.ConnectionString, ["--format=custom", $"--file={dump}"]);
            var roles = await PostgresServer.PrepareRolesAsync(copy, Ct);
            await RunAsync("pg_restore", copy, ["--exit-on-error", "--single-transaction", $"--dbname={new NpgsqlConnectionStringBuilder(copy).Database}", dump]);

            var (process, address) = await system.Running.StartApiAsync(
                Ct, ("DATASYNC_ROLE", "all"), ("DATASYNC_CONNECTION", roles.Connection), ("DATASYNC_SYSTEM_CONNECTION", roles.SystemConnection), ("DATASYNC_EXPORT_ROOT", Path.Combine(folder, "exports")));
            await using (process)
            {
                using var restored = system.Running.Client("kept", address: address);
                Assert.Equal(job.GetProperty("result").GetRawText(), (await restored.GetJsonAsync($"api/sync/jobs/{id}", Ct)).GetProperty("result").GetRawText());
                Assert.Equal(records.GetProperty("items").GetRawText(), (await restored.GetJsonAsync($"api/sync/jobs/{id}/records?page_size=100", Ct)).GetProperty("items").GetRawText());
                Assert.True((await restored.PostAsync("api/sources/things/test", new { }, HttpStatusCode.OK, Ct)).GetProperty("passed").GetBoolean());
                var again = (await restored.PostAsync($"api/sync/jobs/{id}/exports", new { }, HttpStatusCode.Accepted, Ct)).GetProperty("job_id").GetGuid();
                Assert.Equal("completed", (await restored.EndAsync(again, Ct)).GetProperty("status").GetString());
                Assert.Equal(exported, await restored.ExportAsync(again, "data.jsonl", Ct));
                using var stranger = system.Running.Client("stranger", address: address);
                await stranger.GetJsonAsync($"api/sync/jobs/{id}", Ct, HttpStatusCode.NotFound);
                await process.TerminateAsync(Ct);
                await process.ExitAsync(Ct).WaitAsync(TimeSpan.FromMinutes(1), Ct);
            }
        }
        finally
        {
            await PostgresServer.DropDatabaseAsync(copy, CancellationToken.None);
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task RunAsync(string program, string connection, IReadOnlyList<string> arguments)
    {
        var target = new NpgsqlConnectionStringBuilder(connection);
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardError = true, UseShellExecute = false };
        start.Environment["PGHOST"] = target.Host;
        start.Environment["PGPORT"] = target.Port.ToString(System.Globalization.CultureInfo.InvariantCulture);
        start.Environment["PGUSER"] = target.Username;
        start.Environment["PGPASSWORD"] = target.Password;
        start.Environment["PGDATABASE"] = target.Database;
        try
        {
            using var process = System.Diagnostics.Process.Start(start)!;
            var said = await process.StandardError.ReadToEndAsync(Ct);
            await process.WaitForExitAsync(Ct);
            Assert.True(process.ExitCode == 0, said);
        }
        catch (System.ComponentModel.Win32Exception) when (NpmFolder.MayMiss)
        {
            Assert.Skip($"{program} is not here (Debian, Ubuntu: sudo apt-get install postgresql-client).");
        }
    }
}
