using System.Security.Cryptography;
using DataSync.Extract.Connectors.Odbc;
using DataSync.IntegrationTests.Extract;
using DataSync.IntegrationTests.Extract.Odbc;
using DataSync.Pipeline.Connectors;
using DataSync.Pipeline.Failures;
using FsCheck.Xunit;

namespace DataSync.IntegrationTests.Properties;

// Feature: data-sync-pipeline, Property 6: For any database connection, attempting to execute write operations (INSERT, UPDATE, DELETE, DROP) should fail with a permission error.
[Trait("Property", "6")]
public sealed class OdbcPostgresReadOnlyTests(ReadOnlyDatabase database) : IClassFixture<ReadOnlyDatabase>
{
    private SourceConnection? _owner;

    private SourceConnection Owner => _owner ??= OdbcSource.Of(database.Source, $"{database.Source.Login}_owner", "pw");

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    /// <summary>By a login whose privileges would stop next to nothing: what holds is the statement's wall and, behind it, the server's read-only transaction, which COPY TO PROGRAM would pass.</summary>
    [Property(MaxTest = 100, Arbitrary = [typeof(PostgresWrites)])]
    public async Task Read_any_write_by_a_login_that_owns_everything_fails_and_changes_nothing(WriteStatement write)
    {
        await OdbcRefusal.ExpectAsync(OdbcSource.Connector(allowWritable: true), Owner, write.Sql, Ct);
        Assert.Equal(database.Before, await database.DumpAsync());
    }

    [Theory]
    [InlineData("SELECT lo_create(4711)"), InlineData("SELECT nextval('counter')"), InlineData("SELECT setval('counter', 99)"), InlineData("SELECT wipe()"), InlineData("SELECT set_config('transaction_read_only', 'off', false), wipe()")]
    [InlineData("SELECT set_config('default_transaction_read_only', 'off', false)"), InlineData("SELECT * FROM items FOR UPDATE"), InlineData("SELECT pg_notify('c', 'x')"), InlineData("SELECT query_to_xml('DELETE FROM items RETURNING id', true, true, '')")]
    [InlineData("SELECT dblink_exec('dbname=' || current_database(), 'DELETE FROM items')"), InlineData("SELECT 1 AS a) AS q(c0); COMMIT; DELETE FROM items; --"), InlineData("SELECT $$a;b$$; DELETE FROM items")]
    [InlineData("SELECT 1 /* /* */ ; COMMIT; DELETE FROM items; */ */"), InlineData("SELECT '\\'';COMMIT;DELETE FROM items;--'"), InlineData("SELECT E'\\'';COMMIT;DELETE FROM items;--'"), InlineData("SELECT $x$ ' $x$, $x$;COMMIT;DELETE FROM items;--$x$")]
    [InlineData("SELECT a$b$;COMMIT;DELETE FROM items;$b$ FROM items"), InlineData("SELECT 1INTO made"), InlineData("SELECT 1 \"a\" -- ';\n; DELETE FROM items"), InlineData("{call wipe()}"), InlineData("SELECT {fn wipe()}"), InlineData("SELECT U&'\\0027;DELETE FROM items;--'")]
    [InlineData("WITH x AS (DELETE FROM items RETURNING id) SELECT * FROM x"), InlineData("VALUES (1); TRUNCATE items"), InlineData("TABLE items; TRUNCATE items")]
    public async Task Read_an_attack_leaves_no_trace(string sql)
    {
        await OdbcRefusal.TryAsync(OdbcSource.Connector(allowWritable: true), Owner, sql, Ct);
        Assert.Equal(database.Before, await database.DumpAsync());
    }
}

// Feature: data-sync-pipeline, Property 6: For any database connection, attempting to execute write operations (INSERT, UPDATE, DELETE, DROP) should fail with a permission error.
[Trait("Property", "6")]
public sealed class OdbcSqliteReadOnlyTests : IDisposable
{
    private readonly SqliteSource _source = new();
    private readonly SourceConnection _connection;
    private readonly string _before;

    public OdbcSqliteReadOnlyTests()
    {
        _source.Execute("CREATE TABLE items (id INTEGER PRIMARY KEY, name TEXT); INSERT INTO items VALUES (1, 'one'), (2, 'two'); CREATE VIEW kept AS SELECT 1 AS a");
        _connection = OdbcSource.Of(_source);
        _before = Dump();
    }

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public void Dispose() => _source.Dispose();

    [Property(MaxTest = 200, Arbitrary = [typeof(SqliteWrites)])]
    public async Task Read_any_write_fails_and_changes_no_file(WriteStatement write)
    {
        await OdbcRefusal.ExpectAsync(OdbcSource.Connector(), _connection, In(write.Sql), Ct);
        Assert.Equal(_before, Dump());
    }

    [Theory]
    [InlineData("SELECT load_extension('/tmp/x.so')"), InlineData("SELECT \"load_extension\"('x')"), InlineData("SELECT [LOAD_EXTENSION]('x')"), InlineData("SELECT blob_export(x'41', '{folder}/made')"), InlineData("SELECT `blob_export`(x'41', '{folder}/made')")]
    [InlineData("SELECT \"BLOB_EXPORT\"(x'41', '{folder}/made')"), InlineData("SELECT blob_import('/etc/passwd')"), InlineData("SELECT blob_import/**/('/etc/passwd')"), InlineData("SELECT writefile('{folder}/made', 'y')"), InlineData("SELECT readfile('/etc/passwd')")]
    [InlineData("ATTACH '{folder}/other.db' AS o"), InlineData("SELECT 1; ATTACH '{folder}/other.db' AS o"), InlineData("VACUUM main INTO '{folder}/copy.db'"), InlineData("PRAGMA query_only = 0"), InlineData("PRAGMA query_only(0)"), InlineData("PRAGMA journal_mode = WAL")]
    [InlineData("WITH x AS (SELECT 1) DELETE FROM items"), InlineData("WITH x AS (SELECT 1) INSERT INTO items SELECT 9, 'nine' FROM x RETURNING id"), InlineData("SELECT 1) SELECT * FROM q); DELETE FROM items; --"), InlineData("SELECT 1; DELETE FROM items")]
    [InlineData("SELECT '\\'; DELETE FROM items; --'"), InlineData("EXPLAIN DELETE FROM items"), InlineData("COMMIT"), InlineData("SELECT 1 /* ' */; DELETE FROM items --'"), InlineData("SELECT fts3_tokenizer('x', x'00')"), InlineData("BEGIN IMMEDIATE")]
    public async Task Read_an_attack_is_refused(string attack)
    {
        await OdbcRefusal.ExpectAsync(OdbcSource.Connector(), _connection, In(attack), Ct);
        Assert.Equal(_before, Dump());
    }

    private string In(string sql) => sql.Replace("{folder}", _source.Folder, StringComparison.Ordinal);

    private string Dump() => string.Join('\n', Directory.EnumerateFiles(_source.Folder, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)
        .Select(f => $"{f} {Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(f)))}"));
}

/// <summary>What a read through ODBC that must not succeed comes to.</summary>
internal static class OdbcRefusal
{
    private static readonly string[] Refusals =
    [
        "errors.extraction.statement_refused", "errors.extraction.syntax", "errors.extraction.permission", "errors.extraction.undefined_table", "errors.extraction.undefined_column", "errors.extraction.types",
    ];

    public static async Task ExpectAsync(OdbcConnector connector, SourceConnection connection, string sql, CancellationToken ct)
    {
        var failure = await ReadOutcome.FailureAsync(connector, connection, new ReadRequest { Query = sql }, ct);
        Assert.True(Refusals.Contains(failure.MessageKey) && failure.Kind == FailureKind.Permanent, $"{failure.MessageKey}: {sql}");
    }

    public static async Task TryAsync(OdbcConnector connector, SourceConnection connection, string sql, CancellationToken ct)
    {
        try
        {
            await ReadOutcome.OfAsync(connector, connection, new ReadRequest { Query = sql, StatementTimeout = TimeSpan.FromSeconds(10) }, ct);
        }
        catch (SyncFailureException)
        {
            // refused: as good
        }
    }
}
