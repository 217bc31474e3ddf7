using System.Diagnostics;
using System.Text.Json;
using DataSync.Pipeline.Connectors;
using DataSync.Pipeline.Failures;
using DataSync.Pipeline.Incremental;

namespace DataSync.IntegrationTests.Extract;

/// <summary>Servers that hang, reset, trickle, lie about their lengths or never end: a failure with a fixed key, in time, and memory flat. The process's memory is looked at, so nothing runs beside them.</summary>
[Collection(nameof(NothingBeside))]
public sealed class PostgresHostileServerTests
{
    private const int TimeoutSeconds = 3;

    /// <summary>For servers whose fault is seen as soon as it comes: on a busy machine three seconds may be over before.</summary>
    private const int AmpleSeconds = 30;

    private static readonly TimeSpan Opening = TimeSpan.FromSeconds(10), Margin = TimeSpan.FromSeconds(8);

    /// <summary>What the server does, and what a reading fails with at the latest after its own time, or after that of opening a session. These all but wait, so they are tried at once.</summary>
    private static readonly (string Mode, string Keys)[] Waiting =
    [
        ("hang at once", "errors.connection.timeout"),
        ("reset at once", "errors.connection.unreachable|errors.connection.lost"),
        ("trickle at once", "errors.connection.timeout"),
        ("hang after greeting", "errors.connection.timeout"),
        ("reset after greeting", "errors.connection.lost"),
        ("close after greeting", "errors.connection.lost"),
        ("trickle after greeting", "errors.connection.timeout"),
        ("negative length", "errors.connection.timeout|errors.connection.protocol"),
        ("unknown message", "errors.connection.protocol|errors.connection.lost"),
        ("hang mid-row", "errors.connection.timeout"),
        ("hang mid-large-row", "errors.connection.timeout"),
        ("trickle mid-row", "errors.connection.timeout"),
        ("fewer columns", Protocol),
        ("fewer columns in a large row", Protocol),
        ("more columns", Protocol),
        ("length below null", Protocol),
        ("length below null in a large row", Protocol),
        ("value longer than its row", Protocol),
        ("value longer than its large row", Protocol),
        ("bytes behind the last column", Protocol),
        ("short number", Protocol),
        ("no row", Protocol),
    ];

    private const string Protocol = "errors.connection.protocol";

    /// <summary>Those that send much, or say that they will: one after the other, so that memory tells of one.</summary>
    public static TheoryData<string, string> Sending => new()
    {
        { "no postgres", "errors.connection.lost|errors.connection.protocol|errors.connection.timeout" },
        { "two gigabytes mid-row", "errors.connection.timeout|errors.connection.protocol|errors.connection.lost" },
        { "many empty columns", Protocol },
        { "endless notices", "errors.connection.timeout" },
        { "endless rows", "errors.connection.timeout|errors.source.writable" },
    };

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Read_fails_clearly_and_in_time_whatever_a_server_keeps_back_or_gets_wrong()
    {
        var before = MemoryPeak.Before();
        var trials = Task.WhenAll(Waiting.Select(w => TryAsync(w.Mode, w.Keys)));
        var most = await MemoryPeak.DuringAsync(trials, before, Ct);
        var found = await trials;
        Assert.Empty(Waiting.Zip(found).Where(p => Wrong(p.First.Mode, p.First.Keys, p.Second)).Select(p => $"{p.First.Mode}: {p.Second}"));
        Assert.InRange(most, long.MinValue, 256L * 1024 * 1024);
    }

    [Theory, MemberData(nameof(Sending))]
    public async Task Read_fails_clearly_in_time_and_with_little_memory(string mode, string keys)
    {
        var before = MemoryPeak.Before();
        var trial = TryAsync(mode, keys);
        var most = await MemoryPeak.DuringAsync(trial, before, Ct);
        var found = await trial;
        Assert.False(Wrong(mode, keys, found), found.ToString());

        // what is no PostgreSQL at all says by chance that its first message is large, and the driver makes room for it before it reads on
        if (mode != "no postgres") Assert.InRange(most, long.MinValue, 256L * 1024 * 1024);
    }

    /// <summary>What says that it is longer than the process may hold, the driver refuses by its length.</summary>
    [Fact]
    public async Task Read_of_a_message_longer_than_the_process_may_hold_is_refused_before_it_comes()
    {
        var server = new FalsePostgres("two gigabytes");
        await using (server)
        {
            await using var connector = PostgresSource.Connector();
            var failure = await ReadOutcome.FailureAsync(connector, To(server), new ReadRequest { Query = "SELECT 1 AS a", StatementTimeout = TimeSpan.FromSeconds(30) }, Ct);
            Assert.Equal((Protocol, "127.0.0.1", server.Port), (failure.MessageKey, failure.Params!["host"], failure.Params["port"]));
        }

        Assert.InRange(server.Sent, 0, 32 * 1024 * 1024);
    }

    /// <summary>A numeric of ten bytes on the wire may have 131,072 digits before its point: a million bytes of them are gigabytes as text.</summary>
    [Fact]
    public async Task Read_of_numbers_that_are_short_on_the_wire_and_long_as_text_stops_at_the_bound_of_a_record()
    {
        await using var source = await PostgresSource.CreateAsync(Ct);
        await using var connector = PostgresSource.Connector();
        var query = "SELECT i, array_fill(1e30000::numeric, ARRAY[CASE WHEN i = 2 THEN 100000 ELSE 2 END]) AS v, 'end' AS w FROM generate_series(1, 3) i";
        var before = MemoryPeak.Before();
        var reading = ReadOutcome.OfAsync(connector, source.Connection, new ReadRequest { Query = query }, Ct);
        var most = await MemoryPeak.DuringAsync(reading, before, Ct);
        var outcome = await reading;
        Assert.Equal([60_027, "{\"i\":2,\"v\":null,\"w\":\"end\"}".Length, 60_027], outcome.Documents.Select(d => d.Length));
        var (seq, rejection) = Assert.Single(outcome.Rejections);
        Assert.Equal((1, "errors.record.too_large", "v"), (seq, rejection.Message, rejection.Field));
        Assert.InRange(most, long.MinValue, 512L * 1024 * 1024);
    }

    [Theory]
    [InlineData(2200, false), InlineData(2300, true)]
    public async Task Read_of_a_record_is_bounded_by_what_is_written_of_it(int numbers, bool isTooLarge)
    {
        await using var source = await PostgresSource.CreateAsync(Ct);
        await using var connector = PostgresSource.Connector();
        var outcome = await ReadOutcome.OfAsync(connector, source.Connection, new ReadRequest { Query = $"SELECT array_fill(1e30000::numeric, ARRAY[{numbers}]) AS v" }, Ct);
        Assert.Equal(isTooLarge ? 1 : 0, outcome.Rejections.Count);
        Assert.Equal(isTooLarge ? "{\"v\":null}".Length : (numbers * 30_002) + "{\"v\":[]}".Length - 1, Assert.Single(outcome.Documents).Length);
    }

    [Theory]
    [InlineData("hang mid-row"), InlineData("hang mid-large-row"), InlineData("trickle mid-row"), InlineData("two gigabytes mid-row")]
    public async Task Read_cancelled_within_a_row_ends_within_two_seconds(string mode)
    {
        await using var server = new FalsePostgres(mode);
        await using var connector = PostgresSource.Connector();
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        var reading = ReadOutcome.OfAsync(connector, To(server), new ReadRequest { Query = "SELECT 1 AS a, '' AS b" }, cancel.Token);
        await server.Struck.WaitAsync(TimeSpan.FromSeconds(60), Ct);
        Assert.False(reading.IsCompleted);
        var clock = Stopwatch.StartNew();
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reading);
        TestContext.Current.SendDiagnosticMessage($"{mode}: {clock.Elapsed.TotalSeconds:f2} s");
        Assert.InRange(clock.Elapsed.TotalSeconds, 0, 2);
    }

    [Theory]
    [InlineData("hang after greeting")]
    [InlineData("trickle after greeting")]
    [InlineData("endless notices")]
    [InlineData("endless rows")]
    public async Task Read_cancelled_ends_soon_whatever_the_server_does(string mode)
    {
        await using var server = new FalsePostgres(mode);
        await using var connector = PostgresSource.Connector(allowWritable: true);
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        var reading = ReadOutcome.OfAsync(connector, To(server), new ReadRequest { Query = "SELECT 1 AS a" }, cancel.Token);
        await Task.Delay(500, Ct);
        Assert.False(reading.IsCompleted);
        var clock = Stopwatch.StartNew();
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reading);
        Assert.InRange(clock.Elapsed.TotalSeconds, 0, 6);
    }

    [Fact]
    public async Task Plan_fails_clearly_and_in_time_whatever_the_server_does()
        => await Task.WhenAll(((string[])["hang after greeting", "trickle after greeting", "endless notices", "endless rows"]).Select(async mode =>
        {
            await using var server = new FalsePostgres(mode);
            await using var connector = PostgresSource.Connector();
            var request = new ReadRequest { Query = "SELECT 1 AS a", StatementTimeout = TimeSpan.FromSeconds(TimeoutSeconds), Window = new CursorWindow { Field = "a" } };
            var clock = Stopwatch.StartNew();
            var failure = (await Assert.ThrowsAsync<SyncFailureException>(() => connector.PlanAsync(To(server), request, null, 0, Ct))).Failure;
            Assert.Contains(failure.MessageKey, (string[])["errors.connection.timeout", "errors.connection.protocol"]);
            Assert.InRange(clock.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(TimeoutSeconds) + Margin);
        }));

    /// <summary>The steps of a connection test and what a save asks are bounded as well.</summary>
    [Fact]
    public async Task Test_and_verify_end_whatever_the_server_does()
        => await Task.WhenAll(((string[])["trickle after greeting", "endless rows"]).Select(async mode =>
        {
            await using var server = new FalsePostgres(mode);
            await using var connector = PostgresSource.Connector();
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(Ct);
            limit.CancelAfter(TimeSpan.FromSeconds(5));
            var clock = Stopwatch.StartNew();
            await Assert.ThrowsAnyAsync<Exception>(async () =>
            {
                var report = await connector.VerifyAsync(To(server), limit.Token);
                report.Demand(false);
            });
            Assert.InRange(clock.Elapsed.TotalSeconds, 0, 10);
            var checks = await connector.TestAsync(To(server), Ct);
            Assert.Contains(checks, c => c.Passed == false);
            Assert.InRange(clock.Elapsed.TotalSeconds, 0, 45);
        }));

    private static async Task<(string Key, TimeSpan Elapsed)> TryAsync(string mode, string keys)
    {
        await using var server = new FalsePostgres(mode);
        await using var connector = PostgresSource.Connector();
        var clock = Stopwatch.StartNew();
        var failure = await ReadOutcome.FailureAsync(connector, To(server), new ReadRequest { Query = "SELECT 1 AS a", StatementTimeout = TimeSpan.FromSeconds(Seconds(keys)) }, Ct);
        return (failure.MessageKey, clock.Elapsed);
    }

    private static bool Wrong(string mode, string keys, (string Key, TimeSpan Elapsed) found)
    {
        var limit = (mode.EndsWith("at once", StringComparison.Ordinal) || mode == "no postgres" ? Opening : TimeSpan.FromSeconds(Seconds(keys))) + Margin;
        return !keys.Split('|').Contains(found.Key, StringComparer.Ordinal) || found.Elapsed > limit;
    }

    private static int Seconds(string keys) => keys.Contains("timeout", StringComparison.Ordinal) ? TimeoutSeconds : AmpleSeconds;

    private static SourceConnection To(FalsePostgres server) => new("postgresql", JsonSerializer.SerializeToElement(new
    {
        driver = "postgresql",
        host = "127.0.0.1",
        port = server.Port,
        database = "d",
        username = "u",
        password = "p",
        tls = "disable",
    }));
}
