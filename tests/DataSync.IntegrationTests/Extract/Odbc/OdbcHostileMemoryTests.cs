using System.Diagnostics;
using DataSync.Pipeline.Connectors;

namespace DataSync.IntegrationTests.Extract.Odbc;

/// <summary>
/// Servers that lie about lengths or never end, through drivers whose code is not ours: a clear failure within the time, memory that a bound holds, and no thread left behind. The process's
/// memory and threads are looked at, so nothing runs beside.
/// </summary>
[Collection(nameof(NothingBeside))]
public sealed class OdbcHostileMemoryTests
{
    private const int TimeoutSeconds = 3, AnswerMegabytes = 32;
    private const string TooLarge = "errors.extraction.odbc_answer";
    private const string Broken = "errors.connection.lost|errors.connection.unreachable|errors.connection.timeout|errors.connection.odbc_setup|errors.extraction.statement_timeout|errors.extraction.failed|errors.extraction.resources";

    /// <summary>A driver buffers what it takes apart, and doubles its buffers.</summary>
    private const long Most = 5L * AnswerMegabytes * 1024 * 1024;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(OdbcRegistrations.Postgres, "endless answer", TooLarge), InlineData(OdbcRegistrations.Postgres, "endless notices", TooLarge + "|" + Broken), InlineData(OdbcRegistrations.Postgres, "two gigabytes", TooLarge + "|" + Broken)]
    [InlineData(OdbcRegistrations.Postgres, "negative length", Broken), InlineData(OdbcRegistrations.Postgres, "unknown message", Broken)]
    [InlineData(OdbcRegistrations.MariaDb, "execute endless rows", TooLarge + "|" + Broken), InlineData(OdbcRegistrations.MariaDb, "execute endless row", TooLarge + "|" + Broken), InlineData(OdbcRegistrations.MariaDb, "trickle at greeting", Broken)]
    [InlineData(OdbcRegistrations.MariaDb, "hang after greeting", Broken), InlineData(OdbcRegistrations.Postgres, "hang after greeting", Broken)]
    public async Task Read_fails_clearly_in_time_with_little_memory_and_leaves_no_thread(string driver, string mode, string keys)
    {
        await using var server = new FalseServer(driver, mode);
        var (before, threads, clock, most) = (ResidentMemory.Settled(), Threads(), Stopwatch.StartNew(), 0L);
        var request = new ReadRequest { Query = "SELECT 1 AS a", StatementTimeout = TimeSpan.FromSeconds(TimeoutSeconds) };
        var trial = ReadOutcome.FailureAsync(OdbcSource.Connector(allowWritable: true, answerMegabytes: AnswerMegabytes), server.Connection, request, Ct);
        while (await Task.WhenAny(trial, Task.Delay(20, Ct)) != trial)
        {
            most = Math.Max(most, ResidentMemory.Native() - before);
            Assert.True(clock.Elapsed < TimeSpan.FromSeconds(180), "It never ends.");
        }

        var failure = await trial;
        Assert.Contains(failure.MessageKey, keys.Split('|'));
        Assert.InRange(clock.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(TimeoutSeconds + 10));
        Assert.InRange(most, long.MinValue, Most);
        if (failure.MessageKey == TooLarge) Assert.Equal(AnswerMegabytes, failure.Params!["limit"]);
        for (; Threads() > threads; await Task.Delay(50, Ct)) Assert.True(clock.Elapsed < TimeSpan.FromSeconds(180), "A thread of the driver's is left.");
    }

    /// <summary>The threads on which drivers are called, and those of the relays before them.</summary>
    private static int Threads() => Directory.GetDirectories("/proc/self/task").Count(IsOurs);

    private static bool IsOurs(string thread)
    {
        try
        {
            return File.ReadAllText(Path.Combine(thread, "comm")).Trim() is "odbc" or "odbc relay";
        }
        catch (IOException)
        {
            return false; // it ended meanwhile
        }
    }
}
