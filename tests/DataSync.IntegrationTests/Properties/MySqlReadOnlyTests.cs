using DataSync.IntegrationTests.Extract;
using DataSync.Pipeline.Connectors;
using DataSync.Pipeline.Failures;
using FsCheck.Xunit;

namespace DataSync.IntegrationTests.Properties;

/// <summary>A database with something to lose, a login that can only read, and one that may do anything at all.</summary>
public sealed class MySqlReadOnlyDatabase : IAsyncLifetime
{
    internal MySqlSource Source { get; private set; } = null!;

    internal SourceConnection Owner => Source.ConnectionAs($"o{Source.Login}", Source.Password);

    public string Before { get; private set; } = "";

    public async ValueTask InitializeAsync()
    {
        Source = await MySqlSource.CreateAsync(CancellationToken.None);
        await Source.ExecuteAsync(
            $"""
            CREATE TABLE items (id int PRIMARY KEY, name text); INSERT INTO items SELECT seq, CONCAT('name ', seq) FROM seq_1_to_50;
            CREATE TABLE outside (id int) ENGINE = MyISAM; INSERT INTO outside VALUES (1);
            CREATE SEQUENCE counter; CREATE VIEW kept AS SELECT 1 AS a;
            CREATE PROCEDURE wipe_all() DELETE FROM items;
            delimiter //
            CREATE FUNCTION wipe() RETURNS int BEGIN DELETE FROM items; RETURN 1; END//
            CREATE FUNCTION wipe_outside() RETURNS int BEGIN DELETE FROM outside; RETURN 1; END//
            delimiter ;
            CREATE USER o{Source.Login} IDENTIFIED BY '{Source.Password.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("'", "''", StringComparison.Ordinal)}';
            GRANT ALL ON *.* TO o{Source.Login} WITH GRANT OPTION;
            """,
            CancellationToken.None);
        Before = await DumpAsync();
    }

    /// <summary>All that a write could change, as text.</summary>
    public Task<string> DumpAsync() => Source.ExecuteAsync(
        $"""
        SELECT * FROM items; SELECT * FROM outside; SELECT next_not_cached_value FROM counter; SELECT TABLE_NAME, TABLE_TYPE FROM information_schema.TABLES WHERE TABLE_SCHEMA = '{Source.Database}' ORDER BY 1;
        SELECT TABLE_NAME, COLUMN_NAME, COLUMN_TYPE, COLUMN_COMMENT FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = '{Source.Database}' ORDER BY 1, 2; SELECT INDEX_NAME FROM information_schema.STATISTICS WHERE TABLE_SCHEMA = '{Source.Database}' ORDER BY 1;
        SELECT ROUTINE_NAME FROM information_schema.ROUTINES WHERE ROUTINE_SCHEMA = '{Source.Database}' ORDER BY 1; SELECT TRIGGER_NAME FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = '{Source.Database}';
        SELECT SCHEMA_NAME FROM information_schema.SCHEMATA WHERE SCHEMA_NAME REGEXP '^d[0-9]+$'; SELECT User, Priv FROM mysql.global_priv WHERE User LIKE '%{Source.Login}' OR User REGEXP '^u[0-9]+$' OR User = 'PUBLIC' ORDER BY 1; SELECT @@GLOBAL.max_connections, @@GLOBAL.read_only
        """,
        CancellationToken.None);

    public async ValueTask DisposeAsync()
    {
        await Source.ExecuteAsync($"DROP USER o{Source.Login}", CancellationToken.None);
        await Source.DisposeAsync();
    }
}

// Feature: data-sync-pipeline, Property 6: For any database connection, attempting to execute write operations (INSERT, UPDATE, DELETE, DROP) should fail with a permission error.
[Trait("Property", "6")]
public sealed class MySqlReadOnlyTests(MySqlReadOnlyDatabase database) : IClassFixture<MySqlReadOnlyDatabase>
{
    private static readonly string[] Refusals = ["errors.extraction.statement_refused", "errors.extraction.syntax", "errors.extraction.permission"];

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Property(MaxTest = 100, Arbitrary = [typeof(MySqlWrites)])]
    public async Task Read_any_write_by_a_login_that_can_only_read_fails_and_changes_nothing(WriteStatement write)
        => await RefusedAsync(allowWritable: false, database.Source.Connection, write.Sql);

    /// <summary>The walls of the statement alone: this login's privileges would stop nothing.</summary>
    [Property(MaxTest = 100, Arbitrary = [typeof(MySqlWrites)])]
    public async Task Read_any_write_by_a_login_that_may_do_anything_fails_and_changes_nothing(WriteStatement write)
        => await RefusedAsync(allowWritable: true, database.Owner, write.Sql);

    /// <summary>Attacks that are, or hide in, a SELECT, by a login that may do anything: some run, none leaves a trace.</summary>
    [Theory]
    [InlineData("SELECT wipe()"), InlineData("SELECT wipe_outside()"), InlineData("SELECT (SELECT wipe()) FROM items ORDER BY wipe()"), InlineData("SELECT NEXT VALUE FOR counter"), InlineData("SELECT NEXTVAL(counter)"), InlineData("SELECT SETVAL(counter, 99)")]
    [InlineData("SELECT * FROM items FOR UPDATE"), InlineData("SELECT * FROM items LOCK IN SHARE MODE"), InlineData("SELECT GET_LOCK('a', 1)"), InlineData("SELECT SLEEP(0.01)"), InlineData("SELECT BENCHMARK(10, MD5('x'))"), InlineData("SELECT LOAD_FILE('/etc/passwd')")]
    [InlineData("SELECT 'x' INTO OUTFILE '/tmp/datasync-attack'"), InlineData("SELECT 'x' INTO DUMPFILE '/tmp/datasync-attack'"), InlineData("SELECT 1) INTO OUTFILE '/tmp/datasync-attack' -- "), InlineData("SELECT 1) OR (SELECT wipe()"), InlineData("SELECT 1 UNION SELECT 2 INTO OUTFILE '/tmp/datasync-attack'")]
    [InlineData("SELECT @datasync_text := 'DELETE FROM items'"), InlineData("SELECT @datasync_proof := 'SELECT 1', @datasync_text := 'DELETE FROM items' FROM items"), InlineData("SELECT * FROM items PROCEDURE ANALYSE()"), InlineData("SELECT 1 /*! INTO OUTFILE '/tmp/datasync-attack' */")]
    [InlineData("SELECT /*!99999 1 */ /*! wipe() */"), InlineData("SELECT 1 /*! '*/ ; COMMIT ; DELETE FROM items ; -- ' */"), InlineData("SELECT 1.5e0 + v /*! '*/ ; COMMIT ; DELETE FROM items ; -- ' */ FROM (SELECT CAST(1 AS FLOAT) AS v) x"), InlineData("SELECT '\\'; COMMIT; DELETE FROM items; -- '")]
    [InlineData("SELECT CAST(1 AS FLOAT) AS v, '\\'; COMMIT; DELETE FROM items; -- '"), InlineData("SELECT 1; COMMIT; DELETE FROM items"), InlineData("COMMIT; DELETE FROM items"), InlineData("SELECT LAST_INSERT_ID(7)"), InlineData("SELECT MASTER_POS_WAIT('x', 1, 0)"), InlineData("SELECT RELEASE_ALL_LOCKS()")]
    [InlineData("WITH RECURSIVE r AS (SELECT wipe() AS a UNION ALL SELECT a + 1 FROM r WHERE a < 3) SELECT * FROM r"), InlineData("SELECT * FROM mysql.global_priv FOR UPDATE"), InlineData("TABLE items"), InlineData("VALUES (wipe())"), InlineData("SHOW TABLES"), InlineData("SHUTDOWN"), InlineData("SELECT 1; /*! DELETE FROM items */")]
    public async Task Read_an_attack_within_a_select_leaves_no_trace(string sql)
    {
        try
        {
            await ReadOutcome.OfAsync(MySqlSource.Connector(allowWritable: true), database.Owner, new ReadRequest { Query = sql, StatementTimeout = TimeSpan.FromSeconds(10) }, Ct);
        }
        catch (SyncFailureException)
        {
            // refused: as good
        }

        Assert.Equal(database.Before, await database.DumpAsync());
        Assert.False(File.Exists("/tmp/datasync-attack"));
    }

    [Fact]
    public async Task Dump_notices_a_write()
    {
        var other = new MySqlReadOnlyDatabase();
        await other.InitializeAsync();
        foreach (var sql in new[] { "UPDATE items SET name = 'x' WHERE id = 7", "SELECT NEXT VALUE FOR counter", "CREATE TABLE made (a int)", "DO wipe_outside()", $"GRANT FILE ON *.* TO {other.Source.Login}" })
        {
            var before = await other.DumpAsync();
            await other.Source.ExecuteAsync(sql, Ct);
            Assert.NotEqual(before, await other.DumpAsync());
        }

        await other.DisposeAsync();
    }

    private async Task RefusedAsync(bool allowWritable, SourceConnection connection, string sql)
    {
        var failure = await ReadOutcome.FailureAsync(MySqlSource.Connector(allowWritable), connection, new ReadRequest { Query = sql }, Ct);
        Assert.True(Refusals.Contains(failure.MessageKey) && failure.Kind == FailureKind.Permanent, $"{failure.MessageKey}: {sql}");
        Assert.Equal(database.Before, await database.DumpAsync());
    }
}
