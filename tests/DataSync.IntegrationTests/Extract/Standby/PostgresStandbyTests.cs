using System.Text.Json;
using DataSync.Extract.Incremental.ChangeLog;
using DataSync.IntegrationTests.Extract.Incremental;
using DataSync.IntegrationTests.Extract.Odbc;
using DataSync.Pipeline.Connectors;
using DataSync.Pipeline.Failures;
using Npgsql;

namespace DataSync.IntegrationTests.Extract.Standby;

/// <summary>What is open at the primary is not seen at a standby before it commits.</summary>
public sealed class PostgresStandbyTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("""{"table":"changes","change_tracking":"none","cursor_field":"version"}""")]
    [InlineData("""{"table":"changes","change_tracking":"none","cursor_field":"version","lag":3600}""")]
    public async Task Incremental_of_a_table_a_row_committed_late_is_not_missed_and_not_repeated(string parameters)
    {
        var standby = await StandbyServer.GetAsync(Ct);
        await using var primary = await standby.CreateSourceAsync(Ct);
        await using var connector = PostgresSource.Connector();
        await primary.ExecuteAsync("CREATE TABLE changes (id bigint PRIMARY KEY, version timestamptz DEFAULT now())", Ct);
        await using var writing = await primary.Admin.OpenConnectionAsync(Ct);
        await using var late = await writing.BeginTransactionAsync(Ct);
        await ExecuteAsync(writing, "INSERT INTO changes VALUES (1)");

        // its time is of its beginning, but it has no number yet
        await using var reading = await primary.Admin.OpenConnectionAsync(Ct);
        await using var silent = await reading.BeginTransactionAsync(Ct);
        await ExecuteAsync(reading, "SELECT now()");
        await primary.ExecuteAsync("INSERT INTO changes VALUES (2)", Ct);
        await standby.CatchUpAsync(Ct);
        var source = new IncrementalSource(connector, primary.ConnectionAs(primary.Login, primary.Password, port: standby.Port), parameters);
        var records = await source.SyncAsync(Ct);
        await late.CommitAsync(Ct);
        await standby.CatchUpAsync(Ct);
        records.AddRange(await source.SyncAsync(Ct));
        await ExecuteAsync(reading, "INSERT INTO changes VALUES (3)");
        await silent.CommitAsync(Ct);
        await primary.ExecuteAsync("INSERT INTO changes VALUES (4)", Ct);
        await standby.CatchUpAsync(Ct);

        // whatever writes on this server holds later transactions back until it has ended
        for (var i = 0; i < 600 && !records.Exists(r => Id(r) == 4); i++)
        {
            records.AddRange(await source.SyncAsync(Ct));
            await Task.Delay(100, Ct);
        }

        Assert.Equal([1, 2, 3, 4], records.Select(Id).Order());
        Assert.Empty(await source.SyncAsync(Ct));
    }

    [Theory]
    [InlineData("""{"query":"SELECT * FROM changes","change_tracking":"none","cursor_field":"version"{0}}"""), InlineData("""{"table":"seen","change_tracking":"none","cursor_field":"version"{0}}""")]
    public async Task Incremental_of_a_query_or_view_needs_a_lag(string parameters)
    {
        var standby = await StandbyServer.GetAsync(Ct);
        await using var primary = await standby.CreateSourceAsync(Ct);
        await using var connector = PostgresSource.Connector();
        await primary.ExecuteAsync("CREATE TABLE changes (id bigint PRIMARY KEY, version bigint); CREATE VIEW seen AS SELECT * FROM changes; INSERT INTO changes VALUES (1, 10)", Ct);
        await standby.CatchUpAsync(Ct);
        var at = primary.ConnectionAs(primary.Login, primary.Password, port: standby.Port);
        var refused = await Assert.ThrowsAsync<SyncFailureException>(() => new IncrementalSource(connector, at, parameters.Replace("{0}", "", StringComparison.Ordinal)).SyncAsync(Ct));
        Assert.Equal(("errors.extraction.replica", FailureKind.Permanent), (refused.Failure.MessageKey, refused.Failure.Kind));
        Assert.Single(await new IncrementalSource(connector, at, parameters.Replace("{0}", ",\"lag\":5", StringComparison.Ordinal)).SyncAsync(Ct));
    }

    /// <summary>Through ODBC a table is read as a query is: nothing but the lag covers what commits late.</summary>
    [Theory]
    [InlineData("""{"query":"SELECT * FROM changes","change_tracking":"none","cursor_field":"version"{0}}"""), InlineData("""{"table":"changes","change_tracking":"none","cursor_field":"version"{0}}""")]
    public async Task Incremental_through_odbc_needs_a_lag(string parameters)
    {
        var standby = await StandbyServer.GetAsync(Ct);
        await using var primary = await standby.CreateSourceAsync(Ct);
        await primary.ExecuteAsync("CREATE TABLE changes (id bigint PRIMARY KEY, version bigint); INSERT INTO changes VALUES (1, 10)", Ct);
        await standby.CatchUpAsync(Ct);
        var (connector, plain) = (OdbcSource.Connector(), parameters.Replace("{0}", "", StringComparison.Ordinal));
        var refused = await Assert.ThrowsAsync<SyncFailureException>(() => new IncrementalSource(connector, OdbcSource.Of(primary, port: standby.Port), plain).SyncAsync(Ct));
        Assert.Equal(("errors.extraction.replica", FailureKind.Permanent), (refused.Failure.MessageKey, refused.Failure.Kind));
        Assert.Single(await new IncrementalSource(connector, OdbcSource.Of(primary, port: standby.Port), parameters.Replace("{0}", ",\"lag\":5", StringComparison.Ordinal)).SyncAsync(Ct));
        Assert.Single(await new IncrementalSource(connector, OdbcSource.Of(primary), plain).SyncAsync(Ct));
    }

    [Fact]
    public async Task Offer_of_a_change_log_is_none_and_what_is_missing_there_stays_undecided()
    {
        var standby = await StandbyServer.GetAsync(Ct);
        await using var primary = await standby.CreateSourceAsync(Ct);
        await using var connector = PostgresSource.Connector();
        await primary.ExecuteAsync("CREATE TABLE followed (id bigint PRIMARY KEY)", Ct);
        await standby.CatchUpAsync(Ct);
        var at = primary.ConnectionAs(primary.Login, primary.Password, port: standby.Port);
        var request = new ReadRequest { Table = "followed", StatementTimeout = TimeSpan.FromSeconds(60) };
        Assert.Equal("tracking.change_log.absent", (await connector.ChangeLog.OfferAsync(primary.Connection, request, Ct)).Reason?.Key);
        Assert.Equal("tracking.change_log.replica", (await connector.ChangeLog.OfferAsync(at, request, Ct)).Reason?.Key);
        Assert.Empty((await connector.ChangeLog.SetupAsync(at, request, null, Ct)).Setup);
        Assert.Empty(await UndecidedAsync(primary.Connection));
        Assert.Equal([new PositionRange(3, 5)], await UndecidedAsync(at));

        Task<List<PositionRange>> UndecidedAsync(SourceConnection connection) => connector.LookAsync(
            connection, request, async session => await session.Dialect.Undecided().OfAsync(session, await session.Dialect.FindAsync(session.Ask, "followed", Ct), [new PositionRange(3, 5)], Ct), Ct);
    }

    private static long Id(string record) => JsonElement.Parse(record).GetProperty("id").GetInt64();

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(Ct);
    }
}
