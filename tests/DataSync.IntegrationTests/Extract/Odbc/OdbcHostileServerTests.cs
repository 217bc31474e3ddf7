using System.Diagnostics;
using DataSync.Pipeline.Connectors;

namespace DataSync.IntegrationTests.Extract.Odbc;

/// <summary>Servers that keep silent, trickle or hang up at any step, through the drivers of their kind: ODBC's calls block, and all the same a reading ends in time.</summary>
public sealed class OdbcHostileServerTests
{
    private const int TimeoutSeconds = 3;
    private static readonly TimeSpan Margin = TimeSpan.FromSeconds(10);

    /// <summary>What a PostgreSQL, and what a MariaDB does; and what a reading fails with. They all but wait, so they are tried at once.</summary>
    private static readonly (string Driver, string Mode, string Keys)[] Modes =
    [
        (OdbcRegistrations.Postgres, "hang at once", Late),
        (OdbcRegistrations.Postgres, "trickle at once", Late),
        (OdbcRegistrations.Postgres, "reset at once", Gone),
        (OdbcRegistrations.Postgres, "no postgres", Late + "|" + Gone),
        (OdbcRegistrations.Postgres, "hang after greeting", Late),
        (OdbcRegistrations.Postgres, "trickle after greeting", Late + "|" + Gone),
        (OdbcRegistrations.Postgres, "reset after greeting", Gone),
        (OdbcRegistrations.Postgres, "close after greeting", Gone),
        (OdbcRegistrations.MariaDb, "hang at greeting", Late),
        (OdbcRegistrations.MariaDb, "reset at greeting", Gone),
        (OdbcRegistrations.MariaDb, "hang after greeting", Late),
        (OdbcRegistrations.MariaDb, "close after greeting", Gone),
    ];

    private const string Late = "errors.connection.timeout|errors.extraction.statement_timeout";
    private const string Gone = "errors.connection.lost|errors.connection.unreachable|errors.connection.refused|errors.connection.odbc_setup";

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private static ReadRequest Request => new() { Query = "SELECT 1 AS a", StatementTimeout = TimeSpan.FromSeconds(TimeoutSeconds) };

    [Fact]
    public async Task Read_fails_clearly_and_in_time_whatever_a_server_keeps_back()
    {
        var found = await Task.WhenAll(Modes.Select(async m =>
        {
            await using var server = new FalseServer(m.Driver, m.Mode);
            var clock = Stopwatch.StartNew();

            // one that hangs up is seen to as soon as the machine gets to it, so that its time must not be over first
            var timeout = m.Keys == Gone ? 10 * Request.StatementTimeout : Request.StatementTimeout;
            var failure = await ReadOutcome.FailureAsync(OdbcSource.Connector(), server.Connection, Request with { StatementTimeout = timeout }, Ct);
            return (m.Driver, m.Mode, failure.MessageKey, IsRight: m.Keys.Split('|').Contains(failure.MessageKey, StringComparer.Ordinal) && clock.Elapsed < timeout + Margin, clock.Elapsed);
        }));
        Assert.Empty(found.Where(f => !f.IsRight).Select(f => $"{f.Driver}, {f.Mode}: {f.MessageKey} after {f.Elapsed}"));
    }

    [Theory]
    [InlineData(OdbcRegistrations.Postgres, "hang at once"), InlineData(OdbcRegistrations.Postgres, "hang after greeting"), InlineData(OdbcRegistrations.MariaDb, "hang at greeting")]
    public async Task Read_cancelled_while_a_server_hangs_ends_soon(string driver, string mode)
    {
        await using var server = new FalseServer(driver, mode);
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        var reading = ReadOutcome.OfAsync(OdbcSource.Connector(), server.Connection, Request with { StatementTimeout = TimeSpan.FromMinutes(5) }, cancel.Token);
        await Task.Delay(500, Ct);
        Assert.False(reading.IsCompleted);
        var clock = Stopwatch.StartNew();
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reading);
        Assert.InRange(clock.Elapsed.TotalSeconds, 0, 4);
    }
}
