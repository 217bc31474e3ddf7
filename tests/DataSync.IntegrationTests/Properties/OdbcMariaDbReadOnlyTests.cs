using DataSync.IntegrationTests.Extract.Odbc;
using DataSync.IntegrationTests.MariaDb;
using DataSync.Pipeline.Connectors;
using FsCheck.Xunit;

namespace DataSync.IntegrationTests.Properties;

/// <summary>A MariaDB of its own with something to lose, and a login that may do everything, files included.</summary>
public sealed class OdbcMariaDbToLose : IAsyncLifetime
{
    internal MariaDbServer Server { get; private set; } = null!;

    internal SourceConnection Owner { get; private set; } = null!;

    internal string Files { get; } = Path.Combine(Path.GetTempPath(), $"datasync-made-{Guid.CreateVersion7():n}");

    public string Before { get; private set; } = "";

    public async ValueTask InitializeAsync()
    {
        Server = await MariaDbServer.StartAsync([], CancellationToken.None);
        await Server.ExecuteAsync(
            """
            CREATE DATABASE d; USE d;
            CREATE TABLE items (id int PRIMARY KEY, name varchar(50)); INSERT INTO items SELECT seq, CONCAT('name ', seq) FROM seq_1_to_50;
            CREATE TABLE loose (id int) ENGINE=MyISAM; INSERT INTO loose VALUES (1);
            CREATE SEQUENCE counter; CREATE VIEW kept AS SELECT 1 AS a;
            DELIMITER //
            CREATE FUNCTION wipe() RETURNS int MODIFIES SQL DATA BEGIN DELETE FROM items; DELETE FROM loose; RETURN 1; END//
            DELIMITER ;
            CREATE USER owner@'%' IDENTIFIED BY 'pw'; GRANT ALL PRIVILEGES ON *.* TO owner@'%' WITH GRANT OPTION;
            """,
            CancellationToken.None);
        Owner = OdbcSource.Of(Server, "d", "owner", "pw");
        Before = await DumpAsync();
    }

    /// <summary>All that a write could change.</summary>
    public async Task<string> DumpAsync() => await Server.ExecuteAsync(
        """
        CHECKSUM TABLE d.items, d.loose; SELECT * FROM d.counter; SELECT user, host FROM mysql.user ORDER BY 1, 2; SHOW DATABASES;
        SELECT table_schema, table_name, table_type FROM information_schema.tables ORDER BY 1, 2; SELECT table_name, column_name, column_type FROM information_schema.columns WHERE table_schema = 'd' ORDER BY 1, 2;
        SELECT routine_name FROM information_schema.routines WHERE routine_schema = 'd' ORDER BY 1; SELECT @@global.read_only, @@global.max_connections, @@global.sql_mode;
        """,
        CancellationToken.None) + File.Exists(Files);

    public ValueTask DisposeAsync() => Server.DisposeAsync();
}

// Feature: data-sync-pipeline, Property 6: For any database connection, attempting to execute write operations (INSERT, UPDATE, DELETE, DROP) should fail with a permission error.
[Trait("Property", "6")]
public sealed class OdbcMariaDbReadOnlyTests(OdbcMariaDbToLose database) : IClassFixture<OdbcMariaDbToLose>
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    /// <summary>By a login whose grants would stop nothing: what holds is the statement's wall and the server's read-only transaction.</summary>
    [Property(MaxTest = 100, Arbitrary = [typeof(MySqlWrites)])]
    public async Task Read_any_write_by_a_login_that_may_do_everything_fails_and_changes_nothing(WriteStatement write)
    {
        await OdbcRefusal.ExpectAsync(OdbcSource.Connector(allowWritable: true), database.Owner, write.Sql, Ct);
        Assert.Equal(database.Before, await database.DumpAsync());
    }

    [Theory]
    [InlineData("DELETE FROM items"), InlineData("INSERT INTO items VALUES (99, 'x')"), InlineData("DELETE FROM items RETURNING id"), InlineData("REPLACE INTO items VALUES (1, 'x')"), InlineData("DROP TABLE items"), InlineData("TRUNCATE items")]
    [InlineData("CREATE TABLE made (a int)"), InlineData("SET GLOBAL max_connections = 99"), InlineData("CALL wipe()"), InlineData("DO wipe()"), InlineData("LOAD DATA INFILE '/etc/passwd' INTO TABLE items"), InlineData("SET STATEMENT max_statement_time = 1 FOR DELETE FROM items")]
    [InlineData("SELECT 1; DELETE FROM items"), InlineData("SELECT 1 ; COMMIT; DELETE FROM items"), InlineData("SELECT 1 /*! ; DELETE FROM items */"), InlineData("SELECT 1 /*M! ; DELETE FROM items */"), InlineData("/*! DELETE FROM items */"), InlineData("SELECT 1 --1; DELETE FROM items")]
    [InlineData("SELECT 1 # ' \n; DELETE FROM items -- '"), InlineData("SELECT '\\'; DELETE FROM items; -- '"), InlineData("SELECT \"\\\"; DELETE FROM items; -- \""), InlineData("SELECT `a\\`; DELETE FROM items; -- `"), InlineData("SELECT 1 INTO OUTFILE '{file}'"), InlineData("SELECT 1 INTO DUMPFILE '{file}'")]
    [InlineData("(SELECT 1 INTO OUTFILE '{file}')"), InlineData("SELECT * FROM (SELECT 1 INTO OUTFILE '{file}') t"), InlineData("SELECT 1/*!INTO OUTFILE '{file}'*/"), InlineData("EXECUTE IMMEDIATE 'DELETE FROM items'"), InlineData("EXPLAIN DELETE FROM items"), InlineData("ANALYZE DELETE FROM items")]
    [InlineData("WITH x AS (SELECT 1) DELETE FROM items"), InlineData("HANDLER items OPEN"), InlineData("GRANT ALL ON *.* TO owner@'%'"), InlineData("SET PASSWORD = PASSWORD('x')"), InlineData("{call wipe()}"), InlineData("SELECT {fn wipe()}"), InlineData("SELECT 1; {call wipe()}")]
    public async Task Read_an_attack_is_refused(string attack)
    {
        await OdbcRefusal.ExpectAsync(OdbcSource.Connector(allowWritable: true), database.Owner, attack.Replace("{file}", database.Files, StringComparison.Ordinal), Ct);
        Assert.Equal(database.Before, await database.DumpAsync());
    }

    /// <summary>Attacks that are a SELECT: the server's read-only transaction holds, for tables without transactions too.</summary>
    [Theory]
    [InlineData("SELECT wipe()"), InlineData("SELECT NEXT VALUE FOR counter"), InlineData("SELECT NEXTVAL(counter)"), InlineData("SELECT SETVAL(counter, 500)"), InlineData("SELECT * FROM items FOR UPDATE"), InlineData("SELECT (SELECT wipe()) FROM items")]
    [InlineData("SELECT LOAD_FILE('/etc/passwd')"), InlineData("SELECT @@max_connections := 5"), InlineData("SELECT @x := 1, GET_LOCK('a', 1)"), InlineData("VALUES (wipe())"), InlineData("TABLE items")]
    public async Task Read_an_attack_within_a_select_leaves_no_trace(string attack)
    {
        await OdbcRefusal.TryAsync(OdbcSource.Connector(allowWritable: true), database.Owner, attack, Ct);
        Assert.Equal(database.Before, await database.DumpAsync());
    }

    [Fact]
    public async Task Dump_notices_a_write()
    {
        foreach (var (write, back) in new[] { ("INSERT INTO d.items VALUES (77, 'x')", "DELETE FROM d.items WHERE id = 77"), ("CREATE TABLE d.made (a int)", "DROP TABLE d.made") })
        {
            var before = await database.DumpAsync();
            await database.Server.ExecuteAsync(write, Ct);
            Assert.NotEqual(before, await database.DumpAsync());
            await database.Server.ExecuteAsync(back, Ct);
            Assert.Equal(before, await database.DumpAsync());
        }
    }
}
