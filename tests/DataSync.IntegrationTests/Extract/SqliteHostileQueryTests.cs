using System.Diagnostics;
using DataSync.Pipeline.Connectors;
using DataSync.Pipeline.Failures;
using Microsoft.Data.Sqlite;

namespace DataSync.IntegrationTests.Extract;

/// <summary>Queries that want all of a worker's memory or a core for days, and files that another program holds. SQLite's memory is the whole process', so nothing runs beside them.</summary>
[Collection(nameof(NothingBeside))]
public sealed class SqliteHostileQueryTests : IDisposable
{
    private const string Long = "hex(zeroblob(30000000))", Half = "(hex(zeroblob(15000000)) || 'x')";
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(60);
    private readonly SqliteSource _source = new();

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public SqliteHostileQueryTests() => _source.Execute("CREATE TABLE t (v); INSERT INTO t VALUES (1)");

    public void Dispose() => _source.Dispose();

    [Fact]
    public async Task Read_of_more_than_all_files_together_may_hold_fails_and_what_follows_is_read()
    {
        var query = $"SELECT {string.Join(", ", Enumerable.Range(0, 20).Select(i => $"CAST(zeroblob(100000000) AS TEXT) a{i}"))}";
        var failure = await ReadOutcome.FailureAsync(_source.Connector, _source.Connection, new ReadRequest { Query = query }, Ct);
        Assert.Equal(("errors.extraction.resources", FailureKind.Transient), (failure.MessageKey, failure.Kind));
        Assert.Single((await ReadOutcome.OfAsync(_source.Connector, _source.Connection, new ReadRequest { Table = "t" }, Ct)).Documents);
    }

    /// <summary>Each would take days.</summary>
    [Theory]
    [InlineData("instr(zeroblob(60000000), CAST(CAST(zeroblob(30000000) AS TEXT) || 'x' AS BLOB))"), InlineData($"instr({Long}, {Half})")]
    [InlineData($"replace({Long}, {Half}, 'z')"), InlineData($"trim({Long}, replace(hex(zeroblob(30000)), '0', 'b') || '0')")]
    public async Task Read_of_a_comparison_without_end_ends_at_its_timeout(string expression)
    {
        var request = new ReadRequest { Query = $"SELECT {expression} AS a", StatementTimeout = TimeSpan.FromSeconds(1) };
        var failure = await ReadOutcome.FailureAsync(_source.Connector, _source.Connection, request, Ct).WaitAsync(Soon, Ct);
        Assert.Equal("errors.extraction.statement_timeout", failure.MessageKey);
    }

    [Theory]
    [InlineData("json_patch('{}', '{}')", "errors.extraction.statement_refused"), InlineData("'a' LIKE replace(hex(zeroblob(1000)), '0', 'a')", "errors.extraction.query_limit")]
    [InlineData("json_array(1{0})", "errors.extraction.query_limit"), InlineData("length(zeroblob(200000000))", "errors.extraction.query_limit")]
    public async Task Read_of_what_nothing_could_stop_is_refused(string expression, string key)
    {
        var query = $"SELECT {expression.Replace("{0}", string.Concat(Enumerable.Repeat(",1", 300)), StringComparison.Ordinal)} AS a";
        Assert.Equal(key, (await ReadOutcome.FailureAsync(_source.Connector, _source.Connection, new ReadRequest { Query = query }, Ct)).MessageKey);
    }

    /// <summary>Each is a SELECT in order, so nobody is told that it is none.</summary>
    [Theory, InlineData("SELECT 1", ", 1", ""), InlineData("SELECT 1", " + 1", " AS a"), InlineData("SELECT 1 AS a", " UNION ALL SELECT 1", ""), InlineData("SELECT 1 AS a FROM t", ", t", "")]
    public async Task Read_of_a_query_beyond_a_limit_says_so(string beginning, string again, string end)
    {
        var query = beginning + string.Concat(Enumerable.Repeat(again, 3000)) + end;
        Assert.Equal("errors.extraction.query_limit", (await ReadOutcome.FailureAsync(_source.Connector, _source.Connection, new ReadRequest { Query = query }, Ct)).MessageKey);
    }

    /// <summary>SQLite's own functions, in a file opened without us, are the witness.</summary>
    [Theory]
    [InlineData("instr('h\u00e9llo', 'l'), instr('h\u00e9llo', 'z'), instr('', 'a'), instr('a', ''), instr('', ''), instr(NULL, 'a'), instr('a', NULL), instr(1234, 34), instr(1.5, '.5')")]
    [InlineData("instr(x'c3a901', x'01'), instr(x'c3a901', x'a9'), instr('\u00e9x', x'78'), instr(x'c3a978', 'x'), instr('\u00e9', CAST(x'a9' AS TEXT)), instr('a' || char(0) || 'b', 'b'), instr(x'', x'')")]
    [InlineData("replace('aaa', 'aa', 'b'), replace('abc', '', 'x'), replace('', 'a', 'b'), replace('aa', 'a', ''), replace(12321, 2, 'x'), replace('a', NULL, 'b'), replace('a', 'a', NULL), replace(NULL, 'a', 'b')")]
    [InlineData("typeof(replace(1, '', 'x')), typeof(replace(x'01', 'a', 'b')), replace('a' || char(0) || 'a', 'a', '\u6f22'), replace('abab', 'ab', 'abab'), replace('x', char(0), 'y')")]
    [InlineData("trim('xxhixx', 'x'), ltrim('xyxhi', 'xy'), rtrim('hi\u6f22\u00e9\u6f22', '\u00e9\u6f22'), trim('xx', 'x'), trim('', 'x'), trim('abc', ''), trim(NULL, 'x'), trim('a', NULL), trim('  a '), trim(1221, 1)")]
    [InlineData("ltrim('xax', 'x'), rtrim('xax', 'x'), typeof(trim(1, 'x')), typeof(trim(x'01', 'x')), hex(trim('\u00e9a', CAST(x'c3' AS TEXT))), trim('xa', 'y' || char(0) || 'x'), hex(trim(x'00610062', 'b'))")]
    public async Task Read_functions_of_ours_give_what_those_of_sqlite_give(string expressions)
    {
        var query = $"SELECT json_array({expressions}) AS a";
        using var connection = new SqliteConnection($"Data Source={_source.File};Pooling=False");
        connection.Open();
        using var command = new SqliteCommand(query, connection);
        var theirs = (string)command.ExecuteScalar()!;
        var ours = (await ReadOutcome.OfAsync(_source.Connector, _source.Connection, new ReadRequest { Query = query }, Ct)).Single().GetProperty("a").GetString();
        Assert.Equal(theirs, ours);
    }

    [Fact]
    public async Task Read_of_a_file_that_is_locked_ends_at_its_own_timeout()
    {
        using var holder = Lock();
        var request = new ReadRequest { Query = "SELECT v FROM t", StatementTimeout = TimeSpan.FromSeconds(1) };
        var clock = Stopwatch.StartNew();
        Assert.Equal("errors.extraction.statement_timeout", (await ReadOutcome.FailureAsync(_source.Connector, _source.Connection, request, Ct)).MessageKey);
        Assert.InRange(clock.Elapsed.TotalSeconds, 0, 3);
    }

    [Fact]
    public async Task Read_of_a_file_that_is_locked_ends_soon_when_it_is_cancelled()
    {
        using var holder = Lock();
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        var reading = ReadOutcome.OfAsync(_source.Connector, _source.Connection, new ReadRequest { Table = "t" }, cancel.Token);
        await Task.Delay(500, Ct);
        Assert.False(reading.IsCompleted);
        var clock = Stopwatch.StartNew();
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reading);
        Assert.InRange(clock.Elapsed.TotalSeconds, 0, 2);
    }

    [Fact]
    public async Task Read_of_a_file_that_is_locked_goes_on_once_it_no_longer_is()
    {
        var holder = Lock();
        var reading = ReadOutcome.OfAsync(_source.Connector, _source.Connection, new ReadRequest { Table = "t" }, Ct);
        await Task.Delay(300, Ct);
        Assert.False(reading.IsCompleted);
        holder.Dispose();
        Assert.Equal("{\"v\":1}", Assert.Single((await reading).Documents));
    }

    private SqliteConnection Lock()
    {
        var connection = new SqliteConnection($"Data Source={_source.File};Pooling=False");
        connection.Open();
        using var command = new SqliteCommand("BEGIN EXCLUSIVE", connection);
        command.ExecuteNonQuery();
        return connection;
    }
}
