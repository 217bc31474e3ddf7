using DataSync.Extract.Connectors.Postgres;
using DataSync.IntegrationTests.Extract;
using DataSync.Pipeline.Connectors;
using DataSync.Pipeline.Failures;
using DataSync.Pipeline.Incremental;
using FsCheck.Xunit;

namespace DataSync.IntegrationTests.Properties;

/// <summary>A database with something to lose, a login that can only read, and one that owns it all, calls dblink, writes files and runs programs of the server's.</summary>
public sealed class ReadOnlyDatabase : IAsyncLifetime
{
    private const string DumpSql =
        """
        SELECT md5(concat_ws('|', (SELECT string_agg(i::text, ',' ORDER BY id) FROM items i), (SELECT concat(last_value, is_called) FROM counter),
            (SELECT count(*) FROM pg_largeobject_metadata), (SELECT count(*) FROM pg_description), (SELECT string_agg(r::text, ',' ORDER BY rolname) FROM pg_roles r WHERE rolname ~ $1),
            (SELECT string_agg(concat(c.oid, c.relname, c.relkind, c.relacl, c.relowner), ',' ORDER BY c.oid) FROM pg_class c),
            (SELECT string_agg(concat(attrelid, attname), ',' ORDER BY attrelid, attnum) FROM pg_attribute), (SELECT string_agg(concat(p.oid, proname), ',' ORDER BY p.oid) FROM pg_proc p),
            (SELECT string_agg(concat(n.oid, nspname), ',' ORDER BY n.oid) FROM pg_namespace n)))
        """;

    internal PostgresSource Source { get; private set; } = null!;

    internal SourceConnection Owner => Source.ConnectionAs($"{Source.Login}_owner", "pw");

    /// <summary>A login that can only read, and may follow the log.</summary>
    internal SourceConnection Replica => Source.ConnectionAs($"{Source.Login}_replica", "pw");

    public string Before { get; private set; } = "";

    public async ValueTask InitializeAsync()
    {
        Source = await PostgresSource.CreateAsync(CancellationToken.None);
        await Source.ExecuteAsync(
            $"""
            CREATE TABLE items (id int PRIMARY KEY, name text); INSERT INTO items SELECT i, 'name ' || i FROM generate_series(1, 50) i;
            CREATE SEQUENCE counter; CREATE VIEW kept AS SELECT 1 AS a; CREATE EXTENSION dblink; REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA public FROM PUBLIC;
            CREATE FUNCTION wipe() RETURNS int LANGUAGE plpgsql AS 'BEGIN DELETE FROM items; RETURN 1; END';
            CREATE ROLE {Source.Login}_owner LOGIN PASSWORD 'pw' CREATEROLE;
            GRANT CREATE ON SCHEMA public TO {Source.Login}_owner; GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public TO {Source.Login}_owner;
            GRANT pg_execute_server_program, pg_write_server_files TO {Source.Login}_owner;
            CREATE ROLE {Source.Login}_replica LOGIN PASSWORD 'pw' REPLICATION; GRANT SELECT ON items TO {Source.Login}_replica;
            CREATE FUNCTION drop_slot(slot text) RETURNS int LANGUAGE plpgsql AS 'BEGIN EXECUTE ''SELECT pg_catalog.pg_drop_repl'' || ''ication_slot($1)'' USING slot; RETURN 1; END';
            ALTER TABLE items OWNER TO {Source.Login}_owner; ALTER SEQUENCE counter OWNER TO {Source.Login}_owner; ALTER VIEW kept OWNER TO {Source.Login}_owner;
            """,
            CancellationToken.None);
        Before = await DumpAsync();
    }

    /// <summary>All that a write could change, as one hash.</summary>
    public async Task<string> DumpAsync()
    {
        await using var command = Source.Admin.CreateCommand(DumpSql);
        command.Parameters.AddWithValue(Source.Login);
        return (string)(await command.ExecuteScalarAsync())!;
    }

    public async ValueTask DisposeAsync()
    {
        await Source.ExecuteAsync($"DROP OWNED BY {Source.Login}_owner, {Source.Login}_replica CASCADE; DROP ROLE {Source.Login}_owner, {Source.Login}_replica", CancellationToken.None);
        await Source.DisposeAsync();
    }
}

// Feature: data-sync-pipeline, Property 6: For any database connection, attempting to execute write operations (INSERT, UPDATE, DELETE, DROP) should fail with a permission error.
[Trait("Property", "6")]
public sealed class PostgresReadOnlyTests(ReadOnlyDatabase database) : IClassFixture<ReadOnlyDatabase>
{
    private static readonly string[] Refusals =
        ["errors.extraction.statement_refused", "errors.extraction.syntax", "errors.extraction.permission"];

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private static PostgresConnector ReaderOnly { get; } = PostgresSource.Connector();

    private static PostgresConnector AnyLogin { get; } = PostgresSource.Connector(allowWritable: true);

    [Property(MaxTest = 100, Arbitrary = [typeof(PostgresWrites)])]
    public async Task Read_any_write_by_a_login_that_can_only_read_fails_and_changes_nothing(WriteStatement write)
        => await RefusedAsync(ReaderOnly, database.Source.Connection, write.Sql);

    /// <summary>The wall of the statement alone: this login's privileges would stop next to nothing. COPY TO PROGRAM would pass a read-only transaction as well, and no rollback undoes what the program did.</summary>
    [Property(MaxTest = 100, Arbitrary = [typeof(PostgresWrites)])]
    public async Task Read_any_write_by_a_login_that_owns_everything_fails_and_changes_nothing(WriteStatement write)
        => await RefusedAsync(AnyLogin, database.Owner, write.Sql);

    /// <summary>Attacks that are, or hide in, a SELECT: some run, none leaves a trace.</summary>
    [Theory]
    [InlineData("SELECT lo_create(4711)"), InlineData("SELECT lo_creat(-1)"), InlineData("SELECT lo_from_bytea(0, 'x')"), InlineData("SELECT nextval('counter')"), InlineData("SELECT setval('counter', 99)")]
    [InlineData("SELECT wipe()"), InlineData("SELECT set_config('transaction_read_only', 'off', false)"), InlineData("SELECT set_config('transaction_read_only', 'off', true), wipe()")]
    [InlineData("SELECT set_config('default_transaction_read_only', 'off', false)"), InlineData("SELECT pg_notify('c', 'x')"), InlineData("SELECT pg_advisory_lock(1)")]
    [InlineData("SELECT dblink_exec('dbname=' || current_database(), 'DELETE FROM items')"), InlineData("SELECT * FROM dblink('host=127.0.0.1', 'DELETE FROM items RETURNING id') AS t(id int)")]
    [InlineData("SELECT * FROM items FOR UPDATE"), InlineData("SELECT (SELECT wipe()) FROM items ORDER BY wipe()")]
    [InlineData("SELECT pg_read_file('/etc/passwd')"), InlineData("SELECT pg_ls_dir('/')"), InlineData("SELECT lo_import('/etc/passwd')"), InlineData("SELECT lo_export(1, '/tmp/x')")]
    [InlineData("SELECT pg_reload_conf()"), InlineData("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'postgres'"), InlineData("SELECT pg_switch_wal()"), InlineData("SELECT pg_create_restore_point('x')")]
    [InlineData("SELECT query_to_xml('DELETE FROM items RETURNING id', true, true, '')"), InlineData("SELECT ts_stat('DELETE FROM items RETURNING to_tsvector(name)')")]
    [InlineData("SELECT pg_logical_emit_message(false, 'a', 'b')"), InlineData("SELECT txid_current()"), InlineData("SELECT database_to_xml(true, true, '')"), InlineData("SELECT pg_sleep(0), set_config('role', 'postgres', true)")]
    [InlineData("SELECT 1 AS a) AS q LIMIT 1; COMMIT; DELETE FROM items; --"), InlineData("SELECT 1) AS q(a)) AS r; DELETE FROM items; --"), InlineData("SELECT 1 AS a) AS q) AS r UNION ALL SELECT lo_create(1)::text::bytea FROM (SELECT 1 FROM (SELECT 1")]
    public async Task Read_an_attack_within_a_select_leaves_no_trace(string sql)
    {
        try
        {
            await ReadOutcome.OfAsync(ReaderOnly, database.Source.Connection, new ReadRequest { Query = sql, StatementTimeout = TimeSpan.FromSeconds(5) }, Ct);
        }
        catch (SyncFailureException)
        {
            // refused: as good
        }

        Assert.Equal(database.Before, await database.DumpAsync());
    }

    /// <summary>
    /// Statements that are no SELECT, and functions in one. Within SELECT … FROM (…) the former are a syntax error, whatever the login may do, and for COPY TO PROGRAM and TO a file that is the only wall
    /// where it may run programs and write files. Functions run: what keeps those from writing is the read-only transaction, its end without a commit, or that they are a superuser's alone; dblink
    /// without a password is refused by dblink (with one: <see cref="DblinkTests"/>).
    /// </summary>
    public static TheoryData<string> Attacks =>
    [
        "SELECT 1; DELETE FROM items", "COMMIT; DELETE FROM items", "COMMIT", "ROLLBACK; DROP TABLE items", "END; TRUNCATE items", "BEGIN; DELETE FROM items; COMMIT", "ABORT", "SAVEPOINT s", "PREPARE TRANSACTION 'x'",
        "WITH gone AS (DELETE FROM items RETURNING id) SELECT * FROM gone", "SELECT * INTO stolen FROM items", "CREATE TABLE made AS SELECT 1", "COPY items TO PROGRAM 'cat > /tmp/datasync-attack'", "COPY (SELECT 1) TO '/tmp/datasync-attack'",
        "COPY items FROM PROGRAM 'echo 9'", "DO $$ BEGIN DELETE FROM items; END $$", "DO $$ BEGIN COMMIT; DELETE FROM items; END $$", "CALL pg_sleep(1)", "SET transaction_read_only = off", "SET SESSION CHARACTERISTICS AS TRANSACTION READ WRITE",
        "RESET ALL", "SET ROLE postgres", "NOTIFY c, 'x'", "LISTEN c", "LOAD 'plpgsql'", "EXPLAIN ANALYZE DELETE FROM items", "DECLARE c CURSOR WITH HOLD FOR SELECT wipe()", "EXECUTE x", "DISCARD ALL", "CHECKPOINT", "VACUUM", "IMPORT FOREIGN SCHEMA public FROM SERVER s INTO public",
        "SELECT set_config('transaction_read_only', 'off', true), wipe()", "SELECT nextval('counter')", "SELECT pg_notify('c', 'x')", "SELECT lo_create(4711)", "SELECT lo_put(4711, 0, 'x') FROM lo_create(4711)", "SELECT lo_unlink(1)",
        "SELECT dblink_exec('dbname=' || current_database(), 'DELETE FROM items')", "SELECT dblink_connect('c', 'host=127.0.0.1 dbname=postgres')", "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'postgres'",
        "SELECT pg_create_physical_replication_slot('datasync_attack', true)", "SELECT pg_replication_origin_create('x')", "SELECT pg_stat_reset()", "SELECT pg_rotate_logfile()", "SELECT pg_promote()", "SELECT pg_export_snapshot()",
    ];

    /// <summary>Both logins of the attacks do read: nothing but the attack is refused.</summary>
    [Fact]
    public async Task Read_of_what_is_no_attack_works_for_either_login()
    {
        var request = new ReadRequest { Query = "SELECT count(*) AS n FROM items" };
        Assert.Equal(["{\"n\":50}"], (await ReadOutcome.OfAsync(ReaderOnly, database.Source.Connection, request, Ct)).Documents);
        Assert.Equal(["{\"n\":50}"], (await ReadOutcome.OfAsync(AnyLogin, database.Owner, request, Ct)).Documents);
    }

    [Theory, MemberData(nameof(Attacks))]
    public async Task Read_an_attack_leaves_no_trace_whoever_the_login_is(string sql)
    {
        foreach (var (connector, connection) in new[] { (ReaderOnly, database.Source.Connection), (AnyLogin, database.Owner) })
        {
            try
            {
                await ReadOutcome.OfAsync(connector, connection, new ReadRequest { Query = sql, StatementTimeout = TimeSpan.FromSeconds(5) }, Ct);
            }
            catch (SyncFailureException)
            {
                // refused: as good
            }

            Assert.Equal(database.Before, await database.DumpAsync());
        }

        Assert.False(File.Exists("/tmp/datasync-attack"));
        Assert.Equal(0L, await database.Source.ScalarAsync<long>("SELECT (SELECT count(*) FROM pg_replication_slots WHERE slot_name = 'datasync_attack')", Ct));
    }

    /// <summary>
    /// These run: PostgreSQL lets every login call them, also in a read-only transaction (large objects until version 15). None is ever committed, and what a
    /// session that serves again still held is discarded, so that nobody is told, nothing is kept, and nobody waits.
    /// </summary>
    [Theory]
    [InlineData("SELECT pg_notify('datasync_attack', 'x')"), InlineData("SELECT lo_create(4712)"), InlineData("SELECT lo_from_bytea(4712, 'kept')"), InlineData("SELECT pg_advisory_lock(4712)"), InlineData("SELECT pg_advisory_lock_shared(4712)")]
    public async Task Read_what_no_read_only_transaction_stops_is_undone(string sql)
    {
        await using var listener = await database.Source.Admin.OpenConnectionAsync(Ct);
        List<string> heard = [];
        listener.Notification += (_, e) => heard.Add(e.Payload);
        await using (var listen = new Npgsql.NpgsqlCommand("LISTEN datasync_attack", listener)) await listen.ExecuteNonQueryAsync(Ct);

        await using var connector = PostgresSource.Connector();
        var kept = new SourceConnection("postgresql", database.Source.Connection.ConnectionParams, "1:t:kept");
        var version = await database.Source.ScalarAsync<int>("SELECT current_setting('server_version_num')::int", Ct);
        if (version < 160000 || !sql.Contains("lo_", StringComparison.Ordinal)) Assert.Single((await ReadOutcome.OfAsync(connector, kept, new ReadRequest { Query = sql }, Ct)).Documents);
        else await Assert.ThrowsAsync<SyncFailureException>(() => ReadOutcome.OfAsync(connector, kept, new ReadRequest { Query = sql }, Ct));

        // the second reading comes in the session of the first, once that is reset
        await ReadOutcome.OfAsync(connector, kept, new ReadRequest { Query = "SELECT 1 AS a" }, Ct);
        Assert.Equal(database.Before, await database.DumpAsync());
        var clock = System.Diagnostics.Stopwatch.StartNew();
        while (await database.Source.ScalarAsync<long>("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = 4712", Ct) > 0)
        {
            Assert.True(clock.Elapsed < TimeSpan.FromSeconds(120), "The lock is still held.");
            await Task.Delay(50, Ct);
        }

        await using (var told = new Npgsql.NpgsqlCommand("NOTIFY datasync_attack, 'control'", listener)) await told.ExecuteNonQueryAsync(Ct);
        Assert.Equal(["control"], heard);
    }

    /// <summary>The look ahead of an incremental sync runs the query too: by no login that could write, and nothing of it is committed.</summary>
    [Fact]
    public async Task Plan_of_a_query_that_writes_leaves_no_trace()
    {
        var window = new CursorWindow { Field = "a" };
        foreach (var sql in new[] { "SELECT lo_create(4713)::bigint AS a", "SELECT wipe() AS a" })
        {
            var request = new ReadRequest { Query = sql, Window = window };
            var failure = await Assert.ThrowsAsync<SyncFailureException>(() => ReaderOnly.PlanAsync(database.Owner, request, null, 0, Ct));
            Assert.Equal("errors.source.writable", failure.Failure.MessageKey);
            foreach (var (connector, connection) in new[] { (ReaderOnly, database.Source.Connection), (AnyLogin, database.Owner) })
            {
                try
                {
                    await connector.PlanAsync(connection, request, null, 0, Ct);
                }
                catch (SyncFailureException)
                {
                    // refused: as good
                }

                Assert.Equal(database.Before, await database.DumpAsync());
            }
        }
    }

    [Fact]
    public async Task Dump_notices_a_write()
    {
        var other = new ReadOnlyDatabase();
        await other.InitializeAsync();
        foreach (var sql in new[] { "SELECT lo_create(4711)", "UPDATE items SET name = 'x' WHERE id = 7", "SELECT nextval('counter')", "CREATE TABLE made (a int)" })
        {
            var before = await other.DumpAsync();
            await other.Source.ExecuteAsync(sql, Ct);
            Assert.NotEqual(before, await other.DumpAsync());
        }

        await other.DisposeAsync();
    }

    private async Task RefusedAsync(PostgresConnector connector, SourceConnection connection, string sql)
    {
        var failure = await ReadOutcome.FailureAsync(connector, connection, new ReadRequest { Query = sql }, Ct);
        Assert.True(Refusals.Contains(failure.MessageKey) && failure.Kind == FailureKind.Permanent, $"{failure.MessageKey}: {sql}");
        Assert.Equal(database.Before, await database.DumpAsync());
    }
}
