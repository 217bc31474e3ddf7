using System.Security.Cryptography;
using DataSync.IntegrationTests.Extract;
using DataSync.Pipeline.Connectors;
using DataSync.Pipeline.Failures;
using FsCheck.Xunit;

namespace DataSync.IntegrationTests.Properties;

// Feature: data-sync-pipeline, Property 6: For any database connection, attempting to execute write operations (INSERT, UPDATE, DELETE, DROP) should fail with a permission error.
[Trait("Property", "6")]
public sealed class SqliteReadOnlyTests : IDisposable
{
    private readonly SqliteSource _source = new();
    private readonly string _before;

    public SqliteReadOnlyTests()
    {
        _source.Execute("CREATE TABLE items (id INTEGER PRIMARY KEY, name TEXT); INSERT INTO items VALUES (1, 'one'), (2, 'two'); CREATE VIEW kept AS SELECT 1 AS a");
        _before = Dump();
    }

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public void Dispose() => _source.Dispose();

    [Property(MaxTest = 200, Arbitrary = [typeof(SqliteWrites)])]
    public async Task Read_any_write_fails_and_changes_no_file(WriteStatement write)
    {
        var sql = write.Sql.Replace("{folder}", _source.Folder, StringComparison.Ordinal);
        var failure = await ReadOutcome.FailureAsync(_source.Connector, _source.Connection, new ReadRequest { Query = sql }, Ct);
        Assert.True(
            failure is { Kind: FailureKind.Permanent, MessageKey: "errors.extraction.statement_refused" or "errors.extraction.syntax" or "errors.extraction.undefined_table" or "errors.extraction.undefined_column" },
            $"{failure.MessageKey}: {sql}");
        Assert.Equal(_before, Dump());
    }

    /// <summary>A function that there is none of is a matter of syntax; all else is refused.</summary>
    [Theory]
    [InlineData("SELECT load_extension('/tmp/x.so')"), InlineData("SELECT LOAD_EXTENSION('x', 'y')"), InlineData("SELECT writefile('{folder}/x', 'y')", "syntax"), InlineData("SELECT readfile('/etc/passwd')", "syntax"), InlineData("SELECT edit('x')", "syntax")]
    [InlineData("SELECT * FROM pragma_table_info('items')"), InlineData("SELECT * FROM pragma_journal_mode('wal')", "syntax"), InlineData("SELECT * FROM pragma_user_version"), InlineData("SELECT fts3_tokenizer('x', x'00')")]
    [InlineData("ATTACH '{folder}/other.db' AS o"), InlineData("ATTACH ':memory:' AS o"), InlineData("VACUUM main INTO '{folder}/copy.db'"), InlineData("PRAGMA query_only(0)"), InlineData("PRAGMA table_info(items)")]
    [InlineData("PRAGMA temp_store_directory = '/tmp'"), InlineData("PRAGMA wal_checkpoint"), InlineData("PRAGMA optimize"), InlineData("EXPLAIN SELECT 1"), InlineData("EXPLAIN QUERY PLAN DELETE FROM items")]
    [InlineData("END"), InlineData("COMMIT"), InlineData("RELEASE x"), InlineData("SELECT 1; ATTACH '{folder}/other.db' AS o"), InlineData("SELECT 1; SELECT 2"), InlineData("SELECT 1 FROM items; -- \n DELETE FROM items")]
    public async Task Read_an_attack_is_refused(string attack, string by = "statement_refused")
    {
        var sql = attack.Replace("{folder}", _source.Folder, StringComparison.Ordinal);
        var failure = await ReadOutcome.FailureAsync(_source.Connector, _source.Connection, new ReadRequest { Query = sql }, Ct);
        Assert.Equal(FailureKind.Permanent, failure.Kind);
        Assert.Equal($"errors.extraction.{by}", failure.MessageKey);
        Assert.Equal(_before, Dump());
    }

    /// <summary>Every file there is and its bytes: a write anywhere shows.</summary>
    private string Dump() => string.Join('\n', Directory.EnumerateFiles(_source.Folder, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)
        .Select(f => $"{f} {Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(f)))}"));
}
