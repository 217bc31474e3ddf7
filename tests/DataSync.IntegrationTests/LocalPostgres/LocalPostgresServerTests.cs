using System.Diagnostics;
using DataSync.LocalPostgres;
using DataSync.LocalPostgres.Cluster;
using Npgsql;

namespace DataSync.IntegrationTests.LocalPostgres;

/// <summary>Each test has a cluster of its own; they need PostgreSQL's programs on this machine and are skipped without.</summary>
public sealed class LocalPostgresServerTests : IAsyncLifetime
{
    readonly string _folder = Directory.CreateTempSubdirectory("datasync-local-").FullName;

    [Fact]
    public async Task Server_ends_when_its_only_user_is_killed()
    {
        var (process, admin) = await HeldServerProcess.StartAsync(_folder, Ct);
        await OpenAsync(admin);
        process.Kill();
        await EndedAsync();
        await Assert.ThrowsAnyAsync<NpgsqlException>(() => OpenAsync(admin));
    }

    [Fact]
    public async Task Server_outlives_the_process_that_started_it_while_another_uses_it()
    {
        var (process, admin) = await HeldServerProcess.StartAsync(_folder, Ct);
        await using (var second = await EnsureAsync())
        {
            Assert.Equal(Port(admin), Port(second.AdminConnection));
            process.Kill();
            await process.WaitForExitAsync(Ct);
            await Task.Delay(500, Ct);
            await OpenAsync(second.AdminConnection);
        }
        await EndedAsync();
    }

    [Fact]
    public async Task Server_starts_again_after_a_crash_whose_process_id_now_is_another_process()
    {
        await using (var first = await EnsureAsync()) await ExecuteAsync(first.AdminConnection, "CREATE TABLE kept (n int); INSERT INTO kept VALUES (42)");
        // As root, the data may lie outside of the folder.
        var home = new[] { Path.Combine(_folder, "held", "server"), ClusterHome.OutsidePath(Path.Combine(_folder, "held")) }.Single(Directory.Exists);
        var pidFile = Path.Combine(home, "data", "postmaster.pid");
        await File.WriteAllTextAsync(pidFile, $"{Environment.ProcessId}\n/nowhere\n1\n1\n\n127.0.0.1\n", Ct);
        await using var second = await EnsureAsync();
        Assert.Equal(42, await ScalarAsync(second.AdminConnection, "SELECT n FROM kept"));
    }

    [Fact]
    public async Task Server_opens_again_when_its_password_file_was_lost()
    {
        await using (var first = await EnsureAsync()) await OpenAsync(first.AdminConnection);
        foreach (var file in Directory.EnumerateFiles(_folder, "*.password", SearchOption.AllDirectories)) File.Delete(file);
        await using var second = await EnsureAsync();
        await OpenAsync(second.AdminConnection);
    }

    [Fact]
    public async Task Server_is_reached_by_password_and_loopback_alone()
    {
        await using var server = await EnsureAsync();
        var wrong = new NpgsqlConnectionStringBuilder(server.AdminConnection) { Password = "wrong" };
        Assert.Equal(PostgresErrorCodes.InvalidPassword, (await Assert.ThrowsAsync<PostgresException>(() => OpenAsync(wrong.ConnectionString))).SqlState);
        Assert.Equal("127.0.0.1", await ScalarAsync(server.AdminConnection, "SHOW listen_addresses"));
        Assert.Equal("on", await ScalarAsync(server.AdminConnection, "SHOW fsync"));
        Assert.Equal("UTF8 C.UTF-8", await ScalarAsync(server.AdminConnection, "SELECT pg_encoding_to_char(encoding) || ' ' || datcollate FROM pg_database WHERE datname = 'template1'"));
    }

    [Fact]
    public async Task EnsureDatabaseAsync_twice_and_at_once_makes_the_same_three_roles()
    {
        await using var server = await EnsureAsync();
        var connections = await Task.WhenAll(Enumerable.Range(0, 4).Select(i => server.EnsureDatabaseAsync(i < 2 ? "one" : "two", Ct)));
        Assert.Equal(connections[0], connections[1]);
        Assert.Equal(
            "datasync_app f f f f,datasync_owner f f f f,datasync_system f f f f",
            await ScalarAsync(server.AdminConnection, "SELECT string_agg(concat_ws(' ', rolname, rolsuper, rolbypassrls, rolcreatedb, rolcreaterole), ',' ORDER BY rolname) FROM pg_roles WHERE rolname LIKE 'datasync%'"));
        Assert.Equal("datasync_owner", await ScalarAsync(connections[0].App, "SELECT datdba::regrole::text FROM pg_database WHERE datname = current_database()"));
    }

    [Fact]
    public async Task EnsureDatabaseAsync_takes_away_what_a_role_gained()
    {
        await using var server = await EnsureAsync();
        var roles = await server.EnsureDatabaseAsync("datasync", Ct);
        await ExecuteAsync(server.AdminConnection, "ALTER ROLE datasync_app SUPERUSER BYPASSRLS; GRANT datasync_owner TO datasync_system");
        await server.EnsureDatabaseAsync("datasync", Ct);
        Assert.Equal(false, await ScalarAsync(roles.App, "SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user"));
        Assert.Equal(false, await ScalarAsync(roles.System, "SELECT pg_has_role('datasync_owner', 'MEMBER')"));
    }

    [Fact]
    public async Task Only_the_owner_can_make_tables()
    {
        await using var server = await EnsureAsync();
        var roles = await server.EnsureDatabaseAsync("datasync", Ct);
        await ExecuteAsync(roles.Owner, "CREATE TABLE made (n int)");
        foreach (var role in new[] { roles.App, roles.System })
            Assert.Equal(PostgresErrorCodes.InsufficientPrivilege, (await Assert.ThrowsAsync<PostgresException>(() => ExecuteAsync(role, "CREATE TABLE mine (n int)"))).SqlState);
    }

    public ValueTask InitializeAsync()
    {
        if (Binaries.FindAll().Count == 0) Assert.Skip("No PostgreSQL programs on this machine.");
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        NpgsqlConnection.ClearAllPools();
        if (Directory.Exists(Path.Combine(_folder, "held")))
        {
            await EndedAsync();
            // As root, the data may lie elsewhere.
            if (Directory.Exists(ClusterHome.OutsidePath(Path.Combine(_folder, "held")))) Directory.Delete(ClusterHome.OutsidePath(Path.Combine(_folder, "held")), recursive: true);
        }
        Directory.Delete(_folder, recursive: true);
    }

    static CancellationToken Ct => TestContext.Current.CancellationToken;

    Task<LocalPostgresServer> EnsureAsync() => LocalPostgresServer.EnsureAsync(HeldServerProcess.ServerOf(_folder), Ct);

    /// <summary>Waits until no process of this cluster is left: neither server nor watchdog.</summary>
    async Task EndedAsync()
    {
        var start = Stopwatch.GetTimestamp();
        while (Left() is { Count: > 0 } left)
        {
            Assert.True(Stopwatch.GetElapsedTime(start) < TimeSpan.FromSeconds(60), $"Left running: {string.Join("; ", left)}");
            await Task.Delay(50, CancellationToken.None);
        }
    }

    List<string> Left()
    {
        var outside = ClusterHome.OutsidePath(Path.Combine(_folder, "held"));
        return [.. Directory.EnumerateDirectories("/proc").Where(folder => int.TryParse(Path.GetFileName(folder), out _)).Select(CommandLine)
            .Where(line => line.Contains(Path.Combine(_folder, "held"), StringComparison.Ordinal) || line.Contains(outside, StringComparison.Ordinal))];
    }

    static string CommandLine(string folder)
    {
        try
        {
            return File.ReadAllText(Path.Combine(folder, "cmdline")).Replace('\0', ' ');
        }
        catch (IOException)
        {
            return "";
        }
    }

    static int Port(string connection) => new NpgsqlConnectionStringBuilder(connection).Port;

    static async Task OpenAsync(string connection) => await ScalarAsync(connection, "SELECT 1");

    static async Task ExecuteAsync(string connection, string sql) => await ScalarAsync(connection, sql);

    static async Task<object?> ScalarAsync(string connection, string sql)
    {
        await using var source = NpgsqlDataSource.Create(connection);
        await using var command = source.CreateCommand(sql);
        return await command.ExecuteScalarAsync(Ct);
    }
}
