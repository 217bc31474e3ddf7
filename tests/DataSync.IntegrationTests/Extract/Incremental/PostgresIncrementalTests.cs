using System.Text.Json;
using DataSync.Pipeline.Connectors;
using DataSync.Pipeline.Failures;
using DataSync.Pipeline.Incremental;
using Npgsql;

namespace DataSync.IntegrationTests.Extract.Incremental;

public sealed partial class PostgresIncrementalTests : IncrementalContract, IAsyncLifetime
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

    [Theory]
    [InlineData("""{"table":"changes","change_tracking":"none","cursor_field":"version"}""")]
    [InlineData("""{"query":"SELECT * FROM changes","change_tracking":"none","cursor_field":"version"}""")]
    public async Task Incremental_a_row_whose_transaction_is_prepared_while_it_is_waited_for_is_not_missed(string parameters)
    {
        await MakeTableAsync();
        var name = $"two_phases_{Guid.CreateVersion7():n}";
        await using var late = await _source.Admin.OpenConnectionAsync(Ct);
        await using (var begin = new NpgsqlCommand("BEGIN", late)) await begin.ExecuteNonQueryAsync(Ct);
        await InsertAsync(late, 1, 10);
        await ExecuteAsync("INSERT INTO changes VALUES (2, 20, 'early')");
        var source = new IncrementalSource(Connector, Connection, parameters);
        var sync = source.SyncAsync(Ct);
        await Task.Delay(400, Ct);
        await using (var prepare = new NpgsqlCommand($"PREPARE TRANSACTION '{name}'", late)) await prepare.ExecuteNonQueryAsync(Ct);
        var first = await sync;
        await ExecuteAsync($"COMMIT PREPARED '{name}'");
        var second = await source.SyncAsync(Ct);
        Assert.Equal([1, 2], first.Concat(second).Select(r => JsonDocument.Parse(r).RootElement.GetProperty("id").GetInt32()).Order());
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

    /// <summary>While a transaction is open a sync must remember all it has delivered. What is more than that is waited for before anything is read.</summary>
    [Fact]
    public async Task Plan_of_a_query_with_more_records_than_can_be_told_apart_waits_for_the_transactions_under_way()
    {
        var windows = (IReadsWindows)Connector;
        await using var connection = await _source.Admin.OpenConnectionAsync(Ct);
        await using var open = await connection.BeginTransactionAsync(Ct);
        await using (var look = new NpgsqlCommand("SELECT now()", connection)) await look.ExecuteScalarAsync(Ct);
        Assert.True((await windows.PlanAsync(Connection, Counting(1_000_000, 60), null, 0, Ct))!.IsUndecided);

        var failure = await Assert.ThrowsAsync<SyncFailureException>(() => windows.PlanAsync(Connection, Counting(1_000_001, 3), null, 0, Ct));
        Assert.Equal(("errors.extraction.cursor_undecided", FailureKind.Transient), (failure.Failure.MessageKey, failure.Failure.Kind));

        var planning = windows.PlanAsync(Connection, Counting(1_000_001, 120), null, 0, Ct);
        await Task.Delay(TimeSpan.FromSeconds(1.5), Ct);
        Assert.False(planning.IsCompleted);
        await open.RollbackAsync(Ct);
        var plan = await planning;
        Assert.Equal((false, 1_000_001), (plan!.IsUndecided, plan.Floor!.Value.GetInt32()));

        static ReadRequest Counting(int rows, int seconds) => new()
        {
            Query = $"SELECT i AS version FROM generate_series(1, {rows}) i",
            Window = new CursorWindow { Field = "version" },
            StatementTimeout = TimeSpan.FromSeconds(seconds),
        };
    }

    /// <summary>Neither a collation that sorts versions as numbers nor digits that no number here holds may make a value seem older than it is.</summary>
    [Theory]
    [InlineData("text COLLATE versions", "'1.8.0'", "'1.9.0'", "'1.10.0'"), InlineData("text", "'1.10.0'", "'1.8.0'", "'1.9.0'")]
    [InlineData("numeric", "0.99999999999999999999999999999999995", "0.99999999999999999999999999999999996", "0.99999999999999999999999999999999997")]
    [InlineData("numeric", "99999999999999999999999999999", "100000000000000000000000000000", "999999999999999999999999999999")]
    public async Task Incremental_by_values_that_look_otherwise_than_they_are_ordered_loses_nothing_and_repeats_nothing(string type, string first, string second, string third)
    {
        await ExecuteAsync($"DROP TABLE IF EXISTS changes; CREATE COLLATION IF NOT EXISTS versions (provider = icu, locale = 'en-u-kn-true'); CREATE TABLE changes (id bigint PRIMARY KEY, version {type}, name text)");
        foreach (var parameters in new[] { """{"table":"changes","change_tracking":"none","cursor_field":"version"}""", """{"query":"SELECT * FROM changes","change_tracking":"none","cursor_field":"version"}""" })
        {
            await ExecuteAsync($"TRUNCATE changes; INSERT INTO changes VALUES (1, {first}, 'x')");
            var source = new IncrementalSource(Connector, Connection, parameters);
            Assert.Single(await source.SyncAsync(Ct));
            await ExecuteAsync($"INSERT INTO changes VALUES (2, {second}, 'x')");
            Assert.Contains("\"id\":2,", Assert.Single(await source.SyncAsync(Ct)), StringComparison.Ordinal);
            await ExecuteAsync($"INSERT INTO changes VALUES (3, {third}, 'x'), (4, {third}, 'y')");
            Assert.Equal(2, (await source.SyncAsync(Ct)).Count);
            await ExecuteAsync($"INSERT INTO changes VALUES (5, {third}, 'z')");
            Assert.Contains("\"id\":5,", Assert.Single(await source.SyncAsync(Ct)), StringComparison.Ordinal);
            Assert.Empty(await source.SyncAsync(Ct));

            // and where an attempt breaks off on the way
            source = new IncrementalSource(Connector, Connection, parameters);
            var records = await source.SyncInTwoAttemptsAsync(batchSize: 1, Ct);
            Assert.Equal([1, 2, 3, 4, 5], records.Select(r => JsonDocument.Parse(r).RootElement.GetProperty("id").GetInt32()).Order());
            Assert.Empty(await source.SyncAsync(Ct));
        }
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
            var (missing, most) = (0L, 0L);

            // whatever writes on this server holds later transactions back until it has ended
            for (var i = 0; i < 600 && !ids.Contains(200 + round); i++)
            {
                ids.AddRange((await source.SyncAsync(Ct)).Select(r => JsonDocument.Parse(r).RootElement.GetProperty("id").GetInt32()));
                missing += source.Gap!.Missing;
                most = Math.Max(most, source.Gap.Missing);
                Assert.True(source.Gap.Checked && source.Gap.Repaired == (source.Gap.Detected && onGap != "warn"));
                connector.Meanwhile = static () => Task.CompletedTask;
            }

            // what is only warned of is still not there when the next sync looks
            if (onGap == "warn") Assert.InRange(most, 1, round + 1);
            else Assert.Equal(1, missing);
            Assert.Single(ids, id => id == 200 + round);
            Assert.Equal(onGap != "warn", ids.Contains(100 + round));
            Assert.Equal(onGap == "full", ids.Contains(2));
        }
    }

    /// <summary>As the documentation says: without a window nothing tells of what is written below where a sync looks.</summary>
    [Fact]
    public async Task Gap_check_of_a_table_without_a_window_does_not_look_for_old_values()
    {
        await MakeTableAsync();
        await ExecuteAsync("INSERT INTO changes SELECT i, i * 10, 'x' FROM generate_series(1, 30) i");
        var source = new IncrementalSource(Connector, Connection, """{"table":"changes","change_tracking":"none","cursor_field":"version"}""");
        Assert.Equal(30, (await source.SyncAsync(Ct)).Count);
        await ExecuteAsync("INSERT INTO changes VALUES (100, 5, 'behind'), (200, 3000, 'ahead')");
        List<int> ids = [];

        // whatever writes on this server holds later transactions back until it has ended
        for (var i = 0; i < 600 && ids.Count == 0; i++) ids.AddRange((await source.SyncAsync(Ct)).Select(r => JsonDocument.Parse(r).RootElement.GetProperty("id").GetInt32()));
        Assert.Equal([200], ids);
        Assert.Equal(new GapReport(true, 0, false), source.Gap);
    }

    [Theory]
    [InlineData("warn", new long[] { 4 }), InlineData("reread", new long[] { 2, 4 }), InlineData("full", new long[] { 1, 2, 3, 4 })]
    public async Task Gap_check_of_a_table_finds_what_the_store_lost_of_earlier_syncs(string onGap, long[] delivered)
    {
        await MakeTableAsync();
        await ExecuteAsync("INSERT INTO changes VALUES (1, 10, 'x'), (2, 20, 'x'), (3, 30, 'x')");
        var source = new IncrementalSource(Connector, Connection, Checked(onGap, window: 10_000, table: true));
        Assert.Equal(3, (await source.SyncAsync(Ct)).Count);
        Assert.Equal(1, source.Taken.Lose(r => r.Contains("\"id\":2,", StringComparison.Ordinal)));
        await ExecuteAsync("INSERT INTO changes VALUES (4, 40, 'new')");
        List<long> ids = [];
        var missing = 0L;

        // whatever writes on this server holds later transactions back until it has ended
        for (var i = 0; i < 600 && (!ids.Contains(4) || missing == 0); i++)
        {
            ids.AddRange((await source.SyncAsync(Ct)).Select(r => JsonDocument.Parse(r).RootElement.GetProperty("id").GetInt64()));
            missing = Math.Max(missing, source.Gap!.Missing);
        }

        Assert.Equal(1, missing);
        Assert.Equal(delivered, ids.Distinct().Order());
        Assert.Equal(GapBasis.Store, source.Gap!.Against);
    }

    [Fact]
    public async Task Gap_check_of_a_table_knows_the_past_after_syncs_that_a_long_transaction_held_up()
    {
        await MakeTableAsync();
        var source = new IncrementalSource(Connector, Connection, Checked("reread", window: 10_000, table: true));
        await ExecuteAsync("INSERT INTO changes SELECT i, i * 10, 'x' FROM generate_series(1, 5) i");
        Assert.Equal(5, (await source.SyncAsync(Ct)).Count);
        await ArrivesAsync(source, 6);
        await using (var connection = await _source.Admin.OpenConnectionAsync(Ct))
        await using (var open = await connection.BeginTransactionAsync(Ct))
        {
            // while it is open, no later value can be relied on: the next sync has to look everywhere
            await InsertAsync(connection, 7, 70);
            Assert.Empty(await source.SyncAsync(Ct));
            await open.CommitAsync(Ct);
        }

        Assert.Equal([7], await RestAsync(source));
        foreach (var id in (long[])[8, 9]) await ArrivesAsync(source, id);
    }

    [Fact]
    public async Task Gap_check_of_a_table_learns_the_past_again_after_one_that_failed()
    {
        await MakeTableAsync();
        var connector = new MeanwhileConnector((IReadsWindows)Connector);
        var source = new IncrementalSource(connector, Connection, Checked("reread", window: 10_000, table: true));
        await ExecuteAsync("INSERT INTO changes SELECT i, i * 10, 'x' FROM generate_series(1, 5) i");
        Assert.Equal(5, (await source.SyncAsync(Ct)).Count);
        connector.Meanwhile = static () => throw new SyncFailureException(SyncFailure.Permanent("errors.extraction.statement_timeout"));
        connector.TakeReadings();
        await source.SyncAsync(Ct);
        Assert.Equal("gap.source", source.Gap!.Reason!.Key);
        connector.Meanwhile = static () => Task.CompletedTask;

        // nobody remembers what was stored until then, so that it passes for stored; what goes from now on is found
        await ExecuteAsync("INSERT INTO changes VALUES (6, 60, 'x'), (16, 61, 'x')");
        Assert.Equal([6, 16], (await RestAsync(source, until: 16)).Order());
        await ArrivesAsync(source, 7);
        Assert.Equal(1, source.Taken.Lose(r => r.Contains("\"id\":6,", StringComparison.Ordinal)));
        await ExecuteAsync("INSERT INTO changes VALUES (8, 80, 'x')");
        Assert.Equal([6, 8], (await RestAsync(source, missing: 1, until: 8)).Order());
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

    private async Task ArrivesAsync(IncrementalSource source, long id)
    {
        await ExecuteAsync($"INSERT INTO changes VALUES ({id}, {id * 10}, 'x')");
        Assert.Equal([id], await RestAsync(source, until: id));
    }

    /// <summary>Syncs until a row has come, and looks at what the gap checks found: whatever writes on this server holds later transactions back until it has ended.</summary>
    private static async Task<List<long>> RestAsync(IncrementalSource source, long missing = 0, long? until = null)
    {
        var (ids, found) = (new List<long>(), 0L);
        for (var i = 0; i < 600 && (until is { } last ? !ids.Contains(last) : ids.Count == 0); i++)
        {
            ids.AddRange((await source.SyncAsync(Ct)).Select(r => JsonDocument.Parse(r).RootElement.GetProperty("id").GetInt64()));
            Assert.True(source.Gap!.Checked);
            found += source.Gap.Missing;
        }

        Assert.Equal(missing, found);
        return ids;
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
