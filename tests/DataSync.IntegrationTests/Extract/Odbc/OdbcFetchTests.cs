using System.Text.Json;
using DataSync.Pipeline.Connectors;
using DataSync.Pipeline.Failures;

namespace DataSync.IntegrationTests.Extract.Odbc;

/// <summary>What psqlodbc is spared while it fetches, and that nothing comes out otherwise for it.</summary>
public sealed class OdbcFetchTests(PostgresContractDatabase database) : IClassFixture<PostgresContractDatabase>
{
    private const int Rows = 6000, Settled = 3000;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    /// <summary>Each row tells what the server was asked when it made it. A block that began with the last rows of one answer would need a second one for its rest.</summary>
    [Fact]
    public async Task Read_each_block_is_one_answer_of_the_server()
    {
        var request = new ReadRequest { Query = $"SELECT i, repeat('x', 400) AS filler, current_query() AS asked FROM generate_series(1, {Rows}) i" };
        var documents = (await ReadOutcome.OfAsync(OdbcSource.Connector(), OdbcSource.Of(database.Source), request, Ct)).Documents;
        Assert.Equal(Rows, documents.Count);
        var asked = Assert.Single(documents.Skip(Settled).Select(Asked).Distinct(StringComparer.Ordinal));
        Assert.Contains("FETCH FORWARD ", asked, StringComparison.Ordinal);
    }

    /// <summary>The server's own shortest digits are taken as they are; the native connector gets the number and finds them itself.</summary>
    [Fact]
    public async Task Read_floating_point_numbers_come_out_as_from_the_native_connector()
    {
        var request = new ReadRequest
        {
            Query =
                """
                SELECT i, f AS long, f::float4 AS short, round(f::numeric, 3)::float8 AS few, -trunc(f) AS whole
                FROM (SELECT i, ('x' || left(md5(i::text), 13))::bit(52)::bigint * power(10::float8, i % 40 - 30) AS f FROM generate_series(1, 20000) i) AS made
                ORDER BY i
                """,
        };
        var expected = (await ReadOutcome.OfAsync(PostgresSource.Connector(), database.Source.Connection, request, Ct)).Documents;
        Assert.Equal(20_000, expected.Count);
        Assert.Equal(expected, (await ReadOutcome.OfAsync(OdbcSource.Connector(), OdbcSource.Of(database.Source), request, Ct)).Documents);
    }

    /// <summary>What is narrow comes as one text, whose length is the server's to choose: some rows' is longer than the room in a block, and stands beside other values that are.</summary>
    [Fact]
    public async Task Read_narrow_columns_of_any_length_come_out_as_from_the_native_connector()
    {
        var request = new ReadRequest
        {
            Query =
                """
                SELECT i, CASE WHEN i % 3 = 0 THEN repeat('text, "(quoted)" ', i) END AS t, CASE WHEN i % 4 <> 0 THEN power(10::numeric, CASE WHEN i % 50 = 1 THEN i * 20 ELSE i % 20 END) / 3 END AS n,
                    CASE i % 5 WHEN 0 THEN 'NaN' WHEN 1 THEN 'Infinity' WHEN 2 THEN '-Infinity' WHEN 3 THEN NULL ELSE '-1.5e-300' END::float8 AS f, nullif(i % 2 = 0, i % 7 = 0) AS b,
                    (('0044-03-15 BC'::date) + i * 1000) AS d, CASE WHEN i % 6 = 0 THEN 'infinity' WHEN i % 6 < 5 THEN '2024-02-29 12:34:56.789 UTC'::timestamptz + i * interval '1 year' END AS z,
                    'infinity'::timestamp AS u, CASE WHEN i % 8 > 0 THEN md5(i::text)::uuid END AS g, CASE WHEN i % 50 = 1 THEN repeat('z', i * 30) ELSE '' END AS w, i::int2 AS s, -i AS m, NULL::int8 AS never
                FROM generate_series(1, 2000) i
                """,
        };
        var expected = (await ReadOutcome.OfAsync(PostgresSource.Connector(), database.Source.Connection, request, Ct)).Documents;
        Assert.Equal(2000, expected.Count);
        Assert.Equal(expected, (await ReadOutcome.OfAsync(OdbcSource.Connector(), OdbcSource.Of(database.Source), request, Ct)).Documents);
    }

    /// <summary>Rows that were short for long are asked for by several blocks at once. Where they become long within such an answer, it is more than the driver may hold, and the same rows by one block are not.</summary>
    [Theory]
    [InlineData(30_000, 1000), InlineData(17_000, 50_000)]
    public async Task Read_of_a_table_whose_rows_become_long_goes_on_behind_the_last_short_one(int shortRows, int batchSize)
    {
        var (source, table, all) = (database.Source, $"becomes_long_{shortRows}", shortRows + 6000);
        await source.ExecuteAsync($"CREATE TABLE {table} AS SELECT i AS id, CASE WHEN i > {shortRows} THEN repeat('x', 4000) ELSE 'short' END AS t FROM generate_series(1, {all}) i; ALTER TABLE {table} ADD PRIMARY KEY (id)", Ct);
        var (connector, ids, lost) = (OdbcSource.Connector(answerMegabytes: 8), new List<int>(), 0);
        for (byte[] token = []; ids.Count < all;)
        {
            try
            {
                await foreach (var batch in connector.ReadAsync(OdbcSource.Of(source), new ReadRequest { Table = table, BatchSize = batchSize, ResumeToken = token, FirstSeq = ids.Count }, Ct))
                {
                    using (batch)
                    {
                        for (var i = 0; i < batch.Count; i++) ids.Add(JsonDocument.Parse(batch.Raw[i].ToArray()).RootElement.GetProperty("id").GetInt32());
                        token = batch.ResumeToken.ToArray();
                    }
                }
            }
            catch (SyncFailureException e) when (e.Failure is { MessageKey: "errors.connection.lost", Kind: FailureKind.Transient } && lost++ < 5)
            {
                Assert.InRange(ids.Count, 1, shortRows);
            }
        }

        Assert.Equal(Enumerable.Range(1, all), ids);
        Assert.InRange(lost, 1, 2);
    }

    /// <summary>A driver that meets an error behind rows it has taken already must tell of it, and not fall.</summary>
    [Theory]
    [InlineData("100 / (500 - i)"), InlineData("100 / (5000 - i)"), InlineData("CASE WHEN i = 29990 THEN pg_terminate_backend(pg_backend_pid())::int ELSE i END")]
    public async Task Read_of_rows_of_which_one_fails_tells_why(string value)
    {
        var failure = await ReadOutcome.FailureAsync(OdbcSource.Connector(), OdbcSource.Of(database.Source), new ReadRequest { Query = $"SELECT i, {value} AS v, repeat('x', 100) AS filler FROM generate_series(1, 30000) i" }, Ct);
        Assert.Equal(value.Contains("backend", StringComparison.Ordinal) ? "errors.connection.lost" : "errors.extraction.data", failure.MessageKey);
    }

    /// <summary>The driver takes any FOR for the beginning of FOR UPDATE, and makes no cursor for such a statement.</summary>
    [Fact]
    public async Task Read_a_query_for_which_the_driver_makes_no_cursor_comes_whole()
    {
        var request = new ReadRequest { Query = "SELECT i, substring('abcdef' FROM 1 FOR 3) AS t FROM generate_series(1, 5000) i" };
        var documents = (await ReadOutcome.OfAsync(OdbcSource.Connector(), OdbcSource.Of(database.Source), request, Ct)).Documents;
        Assert.Equal(Enumerable.Range(1, 5000).Select(i => $"{{\"i\":{i},\"t\":\"abc\"}}"), documents);
    }

    private static string Asked(string document)
    {
        using var row = JsonDocument.Parse(document);
        return row.RootElement.GetProperty("asked").GetString()!;
    }
}
