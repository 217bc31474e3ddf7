using System.Text.Json;
using DataSync.Pipeline.Connectors;
using DataSync.Pipeline.Incremental;
using Npgsql;

namespace DataSync.IntegrationTests.Extract.Incremental;

public sealed class PostgresIncrementalTests : IncrementalContract, IAsyncLifetime
{
    private PostgresSource _source = null!;

    internal override IConnector Connector { get; } = PostgresSource.Connector();

    internal override SourceConnection Connection => _source.Connection;

    public async ValueTask InitializeAsync() => _source = await PostgresSource.CreateAsync(Ct);

    public ValueTask DisposeAsync() => _source.DisposeAsync();

    protected override Task MakeTableAsync() => ExecuteAsync("DROP TABLE IF EXISTS changes; CREATE TABLE changes (id bigint PRIMARY KEY, version bigint, name text)");

    protected override Task ExecuteAsync(string sql) => _source.ExecuteAsync(sql, Ct);

    [Theory]
    [InlineData("""{"table":"changes","change_tracking":"none","cursor_field":"version"}""")]
    [InlineData("""{"query":"SELECT * FROM changes","change_tracking":"none","cursor_field":"version"}""")]
    public async Task Incremental_a_row_committed_late_is_not_missed_and_not_repeated(string parameters)
    {
        await MakeTableAsync();
        await using var connection = await _source.Admin.OpenConnectionAsync(Ct);
        await using var late = await connection.BeginTransactionAsync(Ct);
        await InsertAsync(connection, 1, 10);
        await ExecuteAsync("INSERT INTO changes VALUES (2, 20, 'early')");
        var source = new IncrementalSource(Connector, Connection, parameters);
        var first = await source.SyncAsync(Ct);
        Assert.DoesNotContain(first, r => r.Contains("\"id\":1,", StringComparison.Ordinal));
        await late.CommitAsync(Ct);
        await ExecuteAsync("INSERT INTO changes VALUES (3, 30, 'after')");
        var second = await source.SyncAsync(Ct);
        Assert.Equal(
            [(1, 1), (2, 1), (3, 1)],
            first.Concat(second).GroupBy(r => JsonDocument.Parse(r).RootElement.GetProperty("id").GetInt32()).OrderBy(g => g.Key).Select(g => (g.Key, g.Count())));
        Assert.Empty(await source.SyncAsync(Ct));
    }

    [Fact]
    public async Task Incremental_what_runs_in_another_database_holds_nothing_back()
    {
        await MakeTableAsync();
        await using var other = await PostgresSource.CreateAsync(Ct);
        await using var connection = await other.Admin.OpenConnectionAsync(Ct);
        await using var open = await connection.BeginTransactionAsync(Ct);
        await using (var write = new NpgsqlCommand("CREATE TABLE held (id bigint)", connection)) await write.ExecuteNonQueryAsync(Ct);
        await ExecuteAsync("INSERT INTO changes VALUES (1, 10, 'a'), (2, 20, 'b')");
        var source = new IncrementalSource(Connector, Connection, """{"table":"changes","change_tracking":"none","cursor_field":"version"}""");
        Assert.Equal(2, (await source.SyncAsync(Ct)).Count);
        await open.RollbackAsync(Ct);
    }

    [Fact]
    public async Task Incremental_a_transaction_that_had_written_nothing_yet_is_not_missed()
    {
        await ExecuteAsync("DROP TABLE IF EXISTS changes; CREATE TABLE changes (id bigint PRIMARY KEY, version timestamptz DEFAULT now(), name text)");
        await using var connection = await _source.Admin.OpenConnectionAsync(Ct);
        await using var late = await connection.BeginTransactionAsync(Ct);
        await using (var look = new NpgsqlCommand("SELECT now()", connection)) await look.ExecuteScalarAsync(Ct);
        await ExecuteAsync("INSERT INTO changes (id) VALUES (2)");
        var source = new IncrementalSource(Connector, Connection, """{"table":"changes","change_tracking":"none","cursor_field":"version"}""");
        Assert.Single(await source.SyncAsync(Ct));
        await using (var write = new NpgsqlCommand("INSERT INTO changes (id) VALUES (1)", connection)) await write.ExecuteNonQueryAsync(Ct);
        await late.CommitAsync(Ct);
        Assert.Contains("\"id\":1,", Assert.Single(await source.SyncAsync(Ct)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("timestamptz DEFAULT now()", """{"table":"changes","change_tracking":"none","cursor_field":"version"}""")]
    [InlineData("bigint DEFAULT nextval('versions')", """{"table":"changes","change_tracking":"none","cursor_field":"version"}""")]
    public async Task A_hundred_syncs_beside_a_writer_that_commits_in_random_order_lose_nothing_and_repeat_nothing(string version, string parameters)
    {
        await ExecuteAsync($"DROP TABLE IF EXISTS changes; DROP SEQUENCE IF EXISTS versions; CREATE SEQUENCE versions; CREATE TABLE changes (id bigserial PRIMARY KEY, version {version}, name text); CREATE INDEX ON changes (version)");
        var source = new IncrementalSource(Connector, Connection, parameters);
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        var writers = Enumerable.Range(0, 4).Select(seed => Task.Run(() => WriteAsync(new Random(seed), enough.Token), Ct)).ToList();
        var records = new List<string>();
        for (var i = 0; i < 100; i++) records.AddRange(await source.SyncAsync(Ct));
        await enough.CancelAsync();
        await Task.WhenAll(writers);
        var written = await _source.ScalarAsync<long>("SELECT count(*) FROM changes", Ct);
        Assert.True(written > 300, $"Only {written} rows were written.");
        await RestAsync(source, records, written);
        Assert.Equal(written, records.Select(r => JsonDocument.Parse(r).RootElement.GetProperty("id").GetInt64()).Distinct().Count());
        Assert.Equal(written, records.Count);
    }

    [Theory]
    [InlineData("warn"), InlineData("reread"), InlineData("full")]
    public async Task Gap_check_of_a_table_finds_what_was_written_with_an_old_value_and_nothing_of_later_transactions(string onGap)
    {
        await MakeTableAsync();
        await ExecuteAsync("INSERT INTO changes SELECT i, i * 10, 'x' FROM generate_series(1, 30) i");
        var connector = new MeanwhileConnector((IReadsWindows)Connector);
        var source = new IncrementalSource(connector, Connection, Checked(onGap, window: 10_000, table: true));
        Assert.Equal(30, (await source.SyncAsync(Ct)).Count);
        Assert.Equal(new GapReport(true, 0, false), source.Gap);
        for (var round = 0; round < 10; round++)
        {
            await ExecuteAsync($"INSERT INTO changes VALUES ({100 + round}, {round}, 'behind'), ({200 + round}, {3000 + (round * 10)}, 'ahead')");

            // what is written between reading and comparing is of a later transaction: the next sync's
            connector.Meanwhile = () => ExecuteAsync($"UPDATE changes SET version = {3001 + (round * 10)}, name = 'again' WHERE id = 1; DELETE FROM changes WHERE id = {30 - round}");
            List<int> ids = [];
            var missing = 0L;

            // whatever writes on this server holds later transactions back until it has ended
            for (var i = 0; i < 600 && !ids.Contains(200 + round); i++)
            {
                ids.AddRange((await source.SyncAsync(Ct)).Select(r => JsonDocument.Parse(r).RootElement.GetProperty("id").GetInt32()));
                missing += source.Gap!.Missing;
                Assert.True(source.Gap.Checked && source.Gap.Repaired == (source.Gap.Detected && onGap != "warn"));
                connector.Meanwhile = static () => Task.CompletedTask;
            }

            Assert.Equal(1, missing);
            Assert.Single(ids, id => id == 200 + round);
            Assert.Equal(onGap != "warn", ids.Contains(100 + round));
            Assert.Equal(onGap == "full", ids.Contains(2));
        }
    }

    [Fact]
    public async Task Gap_check_of_a_table_beside_writers_that_commit_in_random_order_finds_nothing()
    {
        await ExecuteAsync("DROP TABLE IF EXISTS changes; DROP SEQUENCE IF EXISTS versions; CREATE SEQUENCE versions; CREATE TABLE changes (id bigserial PRIMARY KEY, version bigint DEFAULT nextval('versions'), name text); CREATE INDEX ON changes (version)");
        var source = new IncrementalSource(Connector, Connection, Checked("reread", table: true));
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        var writers = Enumerable.Range(0, 3).Select(seed => Task.Run(() => WriteAsync(new Random(seed), enough.Token), Ct)).ToList();
        var records = new List<string>();
        for (var i = 0; i < 30; i++)
        {
            records.AddRange(await source.SyncAsync(Ct));
            Assert.Equal(new GapReport(true, 0, false), source.Gap);
        }

        await enough.CancelAsync();
        await Task.WhenAll(writers);
        var written = await _source.ScalarAsync<long>("SELECT count(*) FROM changes", Ct);

        await RestAsync(source, records, written);
        Assert.Equal(written, records.Distinct(StringComparer.Ordinal).Count());
        Assert.Equal(records.Count, records.Distinct(StringComparer.Ordinal).Count());
    }

    /// <summary>Syncs until every row has come: whatever else writes on this server holds the last transactions back until it has ended.</summary>
    private static async Task RestAsync(IncrementalSource source, List<string> records, long written)
    {
        for (var i = 0; i < 600 && records.Count < written; i++)
        {
            records.AddRange(await source.SyncAsync(Ct));
            await Task.Delay(100, Ct);
        }
    }

    /// <summary>Transactions of up to 300 ms that write at their beginning, middle and end, and sometimes roll back.</summary>
    private async Task WriteAsync(Random random, CancellationToken until)
    {
        while (!until.IsCancellationRequested)
        {
            await using var connection = await _source.Admin.OpenConnectionAsync(Ct);
            await using var transaction = await connection.BeginTransactionAsync(Ct);
            for (var i = random.Next(1, 4); i > 0; i--)
            {
                await using var insert = new NpgsqlCommand("INSERT INTO changes (name) VALUES ('x')", connection);
                await insert.ExecuteNonQueryAsync(Ct);
                await Task.Delay(random.Next(0, 100), Ct);
            }

            if (random.Next(5) > 0) await transaction.CommitAsync(Ct);
        }
    }

    private static async Task InsertAsync(NpgsqlConnection connection, long id, long version)
    {
        await using var insert = new NpgsqlCommand($"INSERT INTO changes VALUES ({id}, {version}, 'late')", connection);
        await insert.ExecuteNonQueryAsync(Ct);
    }
}
