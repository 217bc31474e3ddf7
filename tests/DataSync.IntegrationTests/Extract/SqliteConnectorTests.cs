using System.Text;
using DataSync.Pipeline.Connectors;

namespace DataSync.IntegrationTests.Extract;

/// <summary>What only SQLite has: files, folders, values of any type, text that is none.</summary>
public sealed class SqliteConnectorTests : IDisposable
{
    private static readonly ReadRequest One = new() { Query = "SELECT 1 AS a" };
    private readonly SqliteSource _source = new();

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public SqliteConnectorTests() => _source.Execute("CREATE TABLE t (v INT)");

    public void Dispose() => _source.Dispose();

    [Fact]
    public async Task Read_each_value_keeps_its_own_type_whatever_the_column_says()
    {
        _source.Execute("INSERT INTO t VALUES (1), (1.5), ('x'), (x'ff'), (NULL)");
        var outcome = await ReadOutcome.OfAsync(_source.Connector, _source.Connection, new ReadRequest { Table = "t" }, Ct);
        Assert.Equal(["{\"v\":1}", "{\"v\":1.5}", "{\"v\":\"x\"}", "{\"v\":\"/w==\"}", "{\"v\":null}"], outcome.Documents);
    }

    [Fact]
    public async Task Read_text_that_is_no_utf8_goes_to_quarantine_with_its_bytes()
    {
        _source.Execute("INSERT INTO t VALUES ('good'), (CAST(x'61ff62' AS TEXT)), ('good again')");
        var outcome = await ReadOutcome.OfAsync(_source.Connector, _source.Connection, new ReadRequest { Table = "t" }, Ct);
        var (seq, rejection) = Assert.Single(outcome.Rejections);
        Assert.Equal((1, "invalid_text", "errors.record.invalid_text", "v"), (seq, rejection.Code, rejection.Message, rejection.Field));
        Assert.Equal("{\"v\":{\"base64\":\"Yf9i\"}}", outcome.Documents[1]);
        Assert.Equal("{\"v\":\"good again\"}", outcome.Documents[2]);
    }

    [Theory]
    [InlineData("UTF-16le"), InlineData("UTF-16be")]
    public async Task Read_a_file_in_utf16_comes_out_as_utf8(string encoding)
    {
        File.Delete(_source.File);
        _source.Execute($"PRAGMA encoding = '{encoding}'; CREATE TABLE u (v); INSERT INTO u VALUES ('é漢😀' || char(0) || 'z')");
        var outcome = await ReadOutcome.OfAsync(_source.Connector, _source.Connection, new ReadRequest { Table = "u" }, Ct);
        Assert.Equal("{\"v\":\"é漢😀\\u0000z\"}", Assert.Single(outcome.Documents));
    }

    [Fact]
    public async Task Read_a_file_outside_the_operators_folders_is_refused_through_links_too()
    {
        var outside = Path.Combine(_source.Folder, "outside.db");
        File.Copy(_source.File, outside);
        File.CreateSymbolicLink(Path.Combine(_source.Root, "link.db"), outside);
        Directory.CreateSymbolicLink(Path.Combine(_source.Root, "folder"), _source.Folder);
        File.CreateSymbolicLink(Path.Combine(_source.Root, "circle.db"), Path.Combine(_source.Root, "circle.db"));
        Directory.CreateDirectory(_source.Root + "-beside");
        File.Copy(_source.File, Path.Combine(_source.Root + "-beside", "b.db"));
        string[] paths =
        [
            outside, "../outside.db", Path.Combine(_source.Root, "..", "outside.db"), "link.db", Path.Combine(_source.Root, "link.db"), "folder/outside.db", "circle.db",
            _source.Root + "-beside/b.db", "../root-beside/b.db", "file:source.db?mode=rw", "/etc/passwd", ":memory:", "missing.db", ".",
        ];
        foreach (var path in paths)
            Assert.Equal("errors.connection.file", (await ReadOutcome.FailureAsync(_source.Connector, SqliteSource.ConnectionTo(path), One, Ct)).MessageKey);
    }

    [Fact]
    public async Task Read_a_path_below_a_folder_and_a_link_within_it_are_found()
    {
        File.CreateSymbolicLink(Path.Combine(_source.Root, "inside.db"), _source.File);
        foreach (var path in new[] { "source.db", "inside.db", _source.File })
            Assert.Single((await ReadOutcome.OfAsync(_source.Connector, SqliteSource.ConnectionTo(path), One, Ct)).Documents);
    }

    [Fact]
    public async Task Read_what_is_no_database_says_so()
    {
        await File.WriteAllBytesAsync(Path.Combine(_source.Root, "text.db"), Encoding.UTF8.GetBytes(new string('x', 5000)), Ct);
        var request = new ReadRequest { Table = "t" };
        Assert.Equal("errors.connection.not_a_database", (await ReadOutcome.FailureAsync(_source.Connector, SqliteSource.ConnectionTo("text.db"), request, Ct)).MessageKey);
        var checks = await _source.Connector.TestAsync(SqliteSource.ConnectionTo("text.db"), Ct);
        Assert.Equal([("path", true), ("query", false), ("read_only", null)], checks.Select(c => (c.Name, c.Passed)));
    }

    [Fact]
    public async Task Read_a_parameter_without_a_value_is_refused()
    {
        var failure = await ReadOutcome.FailureAsync(_source.Connector, _source.Connection, new ReadRequest { Query = "SELECT @a, :b" }, Ct);
        Assert.Equal(("errors.extraction.parameter_missing", "@a"), (failure.MessageKey, failure.Params!["name"]));
    }

    [Fact]
    public async Task Read_a_key_that_may_hold_null_gives_no_token()
    {
        _source.Execute("CREATE TABLE loose (k TEXT PRIMARY KEY); INSERT INTO loose VALUES (NULL), (NULL), ('a')");
        var outcome = await ReadOutcome.OfAsync(_source.Connector, _source.Connection, new ReadRequest { Table = "loose" }, Ct);
        Assert.Equal(3, outcome.Documents.Count);
        Assert.Empty(outcome.Token);
    }
}
