using System.Diagnostics;
using DataSync.Pipeline.Connectors;
using DataSync.Pipeline.Failures;

namespace DataSync.IntegrationTests.Extract;

/// <summary>What every connector must hold. One class inherits it for each; a test sees to that.</summary>
/// <remarks>
/// The source has <c>numbers</c> (id from 1 to <see cref="ContractRows"/> as primary key, name), <c>keyless</c> (the same without a key)
/// and <c>pairs</c> (a, b as key).
/// </remarks>
public abstract class ConnectorContract
{
    public const int ContractRows = 5_000;

    protected const int Rows = ContractRows;

    protected static CancellationToken Ct => TestContext.Current.CancellationToken;

    internal abstract IConnector Connector { get; }

    internal abstract SourceConnection Connection { get; }

    /// <summary>One row of one column <c>v</c> for each expression, and the JSON it must come out as.</summary>
    protected abstract IEnumerable<(string Expression, string Json)> Types { get; }

    /// <summary>A SELECT that gives its first row at once and takes a minute for the rest.</summary>
    protected abstract string SlowQuery { get; }

    /// <summary>A SELECT of about two million rows of 100 bytes.</summary>
    protected abstract string HugeQuery { get; }

    protected abstract string WriteStatement { get; }

    [Fact]
    public async Task Read_every_type_comes_out_as_exact_json()
    {
        var wrong = new List<string>();
        foreach (var (expression, json) in Types)
        {
            try
            {
                var actual = (await QueryAsync($"SELECT {expression} AS v")).Documents.Single();
                if (actual != $"{{\"v\":{json}}}") wrong.Add($"{expression}: {actual}, not {json}");
            }
            catch (SyncFailureException e)
            {
                wrong.Add($"{expression}: {e.Failure.MessageKey} {e.InnerException?.Message}");
            }
        }

        Assert.Empty(wrong);
    }

    [Fact]
    public async Task Read_a_table_gives_every_row_once_in_batches_with_consecutive_numbers()
    {
        var outcome = await ReadAsync(new ReadRequest { Table = "numbers", BatchSize = 333, FirstSeq = 7 });
        Assert.Equal(Enumerable.Range(1, Rows).Select(i => $"{{\"id\":{i},\"name\":\"name {i}\"}}"), outcome.Documents);
        Assert.Equal(Enumerable.Range(7, Rows).Select(i => (long)i), outcome.Seqs);
    }

    [Fact]
    public async Task Read_batches_end_at_their_bounds()
    {
        var counts = new List<int>();
        await foreach (var batch in Connector.ReadAsync(Connection, new ReadRequest { Table = "numbers", BatchSize = 1000 }, Ct))
            using (batch) counts.Add(batch.Count);
        Assert.Equal([1000, 1000, 1000, 1000, 1000], counts);

        await foreach (var batch in Connector.ReadAsync(Connection, new ReadRequest { Table = "numbers", BatchSize = 100_000, BatchBytes = 4096 }, Ct))
            using (batch) Assert.InRange(batch.Raw.Length, 1, 4096 + 40);
    }

    [Theory]
    [InlineData(1), InlineData(999), InlineData(1000), InlineData(1001), InlineData(Rows + 1)]
    public async Task Read_the_row_limit_is_exact(long limit)
    {
        var expected = Math.Min(limit, Rows);
        Assert.Equal(expected, (await ReadAsync(new ReadRequest { Table = "numbers", RowLimit = limit })).Documents.Count);
        Assert.Equal(expected, (await ReadAsync(new ReadRequest { Query = "SELECT * FROM keyless", RowLimit = limit })).Documents.Count);
    }

    [Theory]
    [InlineData("numbers"), InlineData("pairs")]
    public async Task Read_resumed_after_any_batch_has_no_gap_and_no_repeat(string table)
    {
        var whole = (await ReadAsync(new ReadRequest { Table = table })).Documents;
        for (var kept = 250; kept < Rows; kept += 1500)
        {
            var first = await ReadAsync(new ReadRequest { Table = table, BatchSize = 125, RowLimit = kept });
            Assert.NotEmpty(first.Token);
            var second = await ReadAsync(new ReadRequest { Table = table, ResumeToken = first.Token, FirstSeq = kept });
            Assert.Equal(whole, first.Documents.Concat(second.Documents));
            Assert.Equal(kept, second.Seqs[0]);
        }
    }

    [Fact]
    public async Task Read_resumed_at_the_end_gives_nothing()
    {
        var all = await ReadAsync(new ReadRequest { Table = "numbers" });
        Assert.Empty((await ReadAsync(new ReadRequest { Table = "numbers", ResumeToken = all.Token })).Documents);
    }

    [Fact]
    public async Task Read_without_a_key_gives_no_token_and_takes_none()
    {
        Assert.Empty((await ReadAsync(new ReadRequest { Table = "keyless" })).Token);
        Assert.Empty((await QueryAsync("SELECT * FROM numbers")).Token);
        var token = (await ReadAsync(new ReadRequest { Table = "numbers", RowLimit = 5 })).Token;
        Assert.Equal("errors.extraction.resume_lost", (await FailureAsync(new ReadRequest { Table = "pairs", ResumeToken = token })).MessageKey);
        Assert.Equal("errors.extraction.resume_lost", (await FailureAsync(new ReadRequest { Table = "keyless", ResumeToken = token })).MessageKey);
        Assert.Equal("errors.extraction.resume_lost", (await FailureAsync(new ReadRequest { Query = "SELECT 1", ResumeToken = token })).MessageKey);
    }

    [Fact]
    public async Task Read_parameters_are_bound_by_name_and_never_part_of_the_text()
    {
        var request = Request("SELECT id, @text AS t FROM numbers WHERE id=@id AND '@id' <> name -- @id", "{\"id\":42,\"text\":\"'; DROP TABLE numbers; --\"}");
        Assert.Equal("{\"id\":42,\"t\":\"'; DROP TABLE numbers; --\"}", Assert.Single((await ReadAsync(request)).Documents));
        var unused = await FailureAsync(Request("SELECT 1 AS a", "{\"x\":1}"));
        Assert.Equal(("errors.extraction.parameter_unused", "x"), (unused.MessageKey, unused.Params!["name"]));
    }

    [Fact]
    public async Task Read_columns_of_one_name_get_a_number()
        => Assert.Equal("{\"a\":1,\"a_3\":2,\"a_2\":3,\"a_4\":4}", (await QueryAsync("SELECT 1 AS a, 2 AS a, 3 AS a_2, 4 AS a")).Documents.Single());

    [Theory]
    [InlineData("SELECT 1 AS a;"), InlineData("  SELECT 1 AS a ; \n"), InlineData("SELECT 1 AS a -- done"), InlineData("WITH t AS (SELECT 1 AS a) SELECT * FROM t")]
    public async Task Read_one_select_is_read_however_it_ends(string sql) => Assert.Equal("{\"a\":1}", (await QueryAsync(sql)).Documents.Single());

    [Theory]
    [InlineData("SELECT 1; SELECT 2"), InlineData("SELEC 1"), InlineData("SELECT (1"), InlineData("SELECT 1 /*"), InlineData("")]
    public async Task Read_what_is_not_one_select_is_refused(string sql)
        => Assert.Contains((await FailureAsync(new ReadRequest { Query = sql })).MessageKey, new[] { "errors.extraction.syntax", "errors.extraction.statement_refused" });

    [Fact]
    public async Task Read_a_statement_that_writes_is_refused_for_good()
    {
        var failure = await FailureAsync(new ReadRequest { Query = WriteStatement });
        Assert.Equal(FailureKind.Permanent, failure.Kind);
        Assert.Equal(Rows, (await ReadAsync(new ReadRequest { Table = "numbers" })).Documents.Count);
    }

    [Fact]
    public async Task Read_what_does_not_exist_has_a_key_of_its_own()
    {
        Assert.Equal("errors.extraction.undefined_table", (await FailureAsync(new ReadRequest { Table = "nowhere" })).MessageKey);
        Assert.Equal("errors.extraction.undefined_table", (await FailureAsync(new ReadRequest { Query = "SELECT * FROM nowhere" })).MessageKey);
        Assert.Equal("errors.extraction.undefined_column", (await FailureAsync(new ReadRequest { Query = "SELECT missing FROM numbers" })).MessageKey);
    }

    [Fact]
    public async Task Read_a_statement_over_its_time_is_ended()
    {
        var clock = Stopwatch.StartNew();
        var failure = await FailureAsync(new ReadRequest { Query = SlowQuery, StatementTimeout = TimeSpan.FromSeconds(1) });
        Assert.Equal("errors.extraction.statement_timeout", failure.MessageKey);
        Assert.InRange(clock.Elapsed.TotalSeconds, 0.5, 4);
    }

    [Fact]
    public async Task Read_cancelled_ends_within_two_seconds()
    {
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        var reading = ReadOutcome.OfAsync(Connector, Connection, new ReadRequest { Query = SlowQuery }, cancel.Token);
        await Task.Delay(500, Ct);
        Assert.False(reading.IsCompleted);
        var clock = Stopwatch.StartNew();
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reading);
        Assert.InRange(clock.Elapsed.TotalSeconds, 0, 2);
    }

    [Fact]
    public async Task Read_abandoned_after_the_first_batch_ends_within_two_seconds()
    {
        var clock = new Stopwatch();
        await foreach (var batch in Connector.ReadAsync(Connection, new ReadRequest { Query = HugeQuery }, Ct))
        {
            batch.Dispose();
            clock.Start();
            break;
        }

        Assert.InRange(clock.Elapsed.TotalSeconds, 0, 2);
    }

    [Fact]
    public async Task Read_memory_does_not_grow_with_the_table()
    {
        long least = long.MaxValue, rows = 0, before = 0;
        await foreach (var batch in Connector.ReadAsync(Connection, new ReadRequest { Query = HugeQuery, RowLimit = 600_000 }, Ct))
        {
            rows += batch.Count;
            batch.Dispose();

            // By the middle the pools are as large as they get; a reading that piles up would add some 35 MB more in the second half.
            // Other tests of the process come and go, so the least of several looks counts.
            if (rows == 300_000) before = GC.GetTotalMemory(forceFullCollection: true);
            else if (rows > 300_000 && rows % 50_000 == 0) least = Math.Min(least, GC.GetTotalMemory(forceFullCollection: true));
        }

        Assert.Equal(600_000, rows);
        Assert.InRange(least - before, long.MinValue, 8 * 1024 * 1024);
    }

    [Fact]
    public async Task Read_a_record_too_large_is_quarantined_alone()
    {
        var outcome = await QueryAsync(LargeQuery);
        Assert.Equal(3, outcome.Documents.Count);
        var (seq, rejection) = Assert.Single(outcome.Rejections);
        Assert.Equal((1, "too_large", "v"), (seq, rejection.Code, rejection.Field));
        Assert.Equal("{\"i\":2,\"v\":null,\"w\":\"end\"}", outcome.Documents[1]);
        Assert.Equal("{\"i\":3,\"v\":\"small\",\"w\":\"end\"}", outcome.Documents[2]);
    }

    /// <summary>Three rows i, v, w; the second's v is larger than a record may be.</summary>
    protected abstract string LargeQuery { get; }

    [Fact]
    public async Task Describe_shows_tables_columns_and_keys()
    {
        var tables = await Connector.DescribeAsync(Connection, Ct);
        Assert.Equal(["keyless", "numbers", "pairs"], tables.Select(t => t.Name).Where(n => n is "keyless" or "numbers" or "pairs").Order());
        var numbers = tables.Single(t => t.Name == "numbers");
        Assert.Equal(["id", "name"], numbers.Columns.Select(c => c.Name));
        Assert.Equal(["id"], numbers.PrimaryKey);
        Assert.Equal(["a", "b"], tables.Single(t => t.Name == "pairs").PrimaryKey);
        Assert.Empty(tables.Single(t => t.Name == "keyless").PrimaryKey);
    }

    [Fact]
    public async Task Test_of_a_good_connection_passes_every_check()
    {
        var checks = await Connector.TestAsync(Connection, Ct);
        Assert.All(checks, c => Assert.True(c.Passed, $"{c.Name}: {c.MessageKey}"));
        Assert.Contains(checks, c => c.Name == "read_only");
        Assert.Contains(checks, c => c.Name == "query");
    }

    internal Task<ReadOutcome> ReadAsync(ReadRequest request) => ReadOutcome.OfAsync(Connector, Connection, request, Ct);

    internal Task<ReadOutcome> QueryAsync(string sql) => ReadAsync(new ReadRequest { Query = sql });

    internal Task<SyncFailure> FailureAsync(ReadRequest request) => ReadOutcome.FailureAsync(Connector, Connection, request, Ct);

    internal static ReadRequest Request(string sql, string parameters) => new()
    {
        Query = sql,
        Parameters = System.Text.Json.JsonDocument.Parse(parameters).RootElement.EnumerateObject().ToDictionary(p => p.Name, p => p.Value, StringComparer.Ordinal),
    };
}
