using DataSync.Pipeline.Connectors;
using DataSync.Pipeline.Failures;

namespace DataSync.IntegrationTests.Extract;

/// <summary>What every connector of a database must hold. One class inherits it for each; a test sees to that.</summary>
/// <remarks>
/// The source has <c>numbers</c> (id from 1 to <see cref="SourceContract.ContractRows"/> as primary key, name), <c>keyless</c> (the same without a key)
/// and <c>pairs</c> (a, b as key).
/// </remarks>
public abstract class ConnectorContract : SourceContract
{
    internal override ReadRequest Numbers => new() { Table = "numbers" };

    internal override ReadRequest Slow => new() { Query = SlowQuery };

    internal override ReadRequest Huge => new() { Query = HugeQuery };

    /// <summary>One row of one column <c>v</c> for each expression, and the JSON it must come out as.</summary>
    protected abstract IEnumerable<(string Expression, string Json)> Types { get; }

    /// <summary>A SELECT that gives its first row at once and takes a minute for the rest.</summary>
    protected abstract string SlowQuery { get; }

    /// <summary>A SELECT of about two million rows of 100 bytes.</summary>
    protected abstract string HugeQuery { get; }

    protected abstract string WriteStatement { get; }

    /// <summary>Why no server could end a session of this source; null where one can.</summary>
    protected virtual string? HasNoSessions => null;

    /// <summary>Has the server end every session of the source's login, as one that restarts does.</summary>
    protected abstract Task EndSessionsAsync();

    [Fact]
    public async Task Read_whose_connection_is_lost_midway_says_so_and_may_be_tried_again()
    {
        Assert.SkipWhen(HasNoSessions is not null, HasNoSessions ?? "");
        var failure = await Assert.ThrowsAsync<SyncFailureException>(async () =>
        {
            await foreach (var batch in Connector.ReadAsync(Connection, Huge with { BatchSize = 1000 }, Ct))
            {
                using (batch)
                    if (batch.FirstSeq == 0) await EndSessionsAsync();
            }
        });
        Assert.Equal(("errors.connection.lost", FailureKind.Transient), (failure.Failure.MessageKey, failure.Failure.Kind));
        Assert.Equal(Rows, (await ReadAsync(Numbers)).Documents.Count);
    }

    /// <summary>A driver's own memory is at stake: to let go of what it still writes to ends the whole process, then or much later.</summary>
    [Fact]
    public async Task Read_left_at_any_moment_leaves_nothing_broken()
    {
        for (var i = 0; i < 60; i++)
        {
            using var left = CancellationTokenSource.CreateLinkedTokenSource(Ct);
            var batches = 0;
            try
            {
                await foreach (var batch in Connector.ReadAsync(Connection, Huge with { BatchSize = 500 }, left.Token))
                {
                    batch.Dispose();
                    if (++batches <= i % 8) continue;
                    if (i % 2 == 0) break;
                    left.CancelAfter(TimeSpan.FromMilliseconds(i % 3));
                }
            }
            catch (OperationCanceledException) when (left.IsCancellationRequested)
            {
                // as asked
            }

            Assert.True(batches > i % 8);
        }

        Assert.Equal(Rows, (await ReadAsync(Numbers)).Documents.Count);
    }

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

    /// <summary>JSON has six bytes for a control character.</summary>
    [Fact]
    public async Task Read_a_record_that_is_too_large_as_it_is_written_is_quarantined_alone()
    {
        var outcome = await QueryAsync(EscapedQuery);
        Assert.Equal(3, outcome.Documents.Count);
        var (seq, rejection) = Assert.Single(outcome.Rejections);
        Assert.Equal((1, "too_large", "v"), (seq, rejection.Code, rejection.Field));
        Assert.Equal(["{\"i\":1,\"v\":\"small\",\"w\":\"end\"}", "{\"i\":2,\"v\":null,\"w\":\"end\"}", "{\"i\":3,\"v\":\"small\",\"w\":\"end\"}"], outcome.Documents);
    }

    /// <summary>The same three rows; the second's v is twenty million control characters.</summary>
    protected abstract string EscapedQuery { get; }

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

    internal Task<ReadOutcome> QueryAsync(string sql) => ReadAsync(new ReadRequest { Query = sql });

    internal static ReadRequest Request(string sql, string parameters) => new()
    {
        Query = sql,
        Parameters = System.Text.Json.JsonDocument.Parse(parameters).RootElement.EnumerateObject().ToDictionary(p => p.Name, p => p.Value, StringComparer.Ordinal),
    };
}
