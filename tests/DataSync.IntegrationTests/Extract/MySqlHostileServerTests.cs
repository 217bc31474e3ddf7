using System.Diagnostics;
using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using DataSync.Pipeline.Connectors;
using DataSync.Pipeline.Failures;
using DataSync.Pipeline.Incremental;

namespace DataSync.IntegrationTests.Extract;

/// <summary>
/// Servers of MySQL's protocol that hang, reset, trickle, lie, never end, or want of the client what is none of theirs: a failure with a fixed key, in time, memory
/// flat, and neither file nor password given away. The process's memory is looked at, so nothing runs beside them.
/// </summary>
[Collection(nameof(NothingBeside))]
public sealed class MySqlHostileServerTests
{
    private const int TimeoutSeconds = 3;
    private const string Password = "pass-word-of-the-reader";
    private static readonly TimeSpan Opening = TimeSpan.FromSeconds(11), Margin = TimeSpan.FromSeconds(8);

    /// <summary>What the server does, and what a reading fails with. They all but wait, so they are tried at once.</summary>
    private static readonly (string Mode, string Keys)[] Waiting =
    [
        ("hang at greeting", "errors.connection.timeout"),
        ("reset at greeting", "errors.connection.unreachable|errors.connection.lost"),
        ("close at greeting", "errors.connection.unreachable|errors.connection.lost"),
        ("trickle at greeting", "errors.connection.timeout|errors.connection.protocol"),
        ("sixteen megabytes at greeting", "errors.connection.protocol"),
        ("misnumbered at greeting", "errors.connection.protocol"),
        ("endless login", "errors.connection.protocol"),
        ("no mysql", "errors.connection.timeout|errors.connection.protocol"),
        ("hang after greeting", "errors.extraction.statement_timeout|errors.connection.timeout"),
        ("reset after greeting", "errors.connection.lost|errors.connection.unreachable"),
        ("close after greeting", "errors.connection.lost|errors.connection.unreachable"),
        ("trickle after greeting", "errors.extraction.statement_timeout|errors.connection.timeout|errors.connection.protocol"),
        ("sixteen megabytes after greeting", "errors.extraction.statement_timeout|errors.connection.timeout|errors.connection.protocol"),
        ("misnumbered after greeting", "errors.connection.protocol"),
        ("hang mid-row", "errors.extraction.statement_timeout|errors.connection.timeout"),
        ("reset mid-row", "errors.connection.lost"),
        ("close mid-row", "errors.connection.lost"),
        ("trickle mid-row", "errors.extraction.statement_timeout|errors.connection.timeout|errors.connection.protocol"),
        ("value longer than its row", "errors.connection.protocol"),
        ("many columns", "errors.connection.lost|errors.connection.protocol"),
    ];

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private static ReadRequest Request => new() { Query = "SELECT 1 AS a", StatementTimeout = TimeSpan.FromSeconds(TimeoutSeconds) };

    [Fact]
    public async Task Read_fails_clearly_and_in_time_whatever_a_server_keeps_back_or_gets_wrong()
    {
        var before = Environment.WorkingSet;
        var trials = Waiting.Select(async w =>
        {
            await using var server = new FalseMySql(w.Mode);
            var clock = Stopwatch.StartNew();
            var failure = await ReadOutcome.FailureAsync(MySqlSource.Connector(), To(server), Request, Ct);
            return (w.Mode, w.Keys, failure.MessageKey, clock.Elapsed, server.HasStruck);
        }).ToList();
        var most = await MostAsync(Task.WhenAll(trials));
        var found = await Task.WhenAll(trials);
        foreach (var (mode, _, key, elapsed, _) in found) TestContext.Current.SendDiagnosticMessage($"{mode}: {key} after {elapsed.TotalSeconds:f1} s");
        Assert.Empty(found.Where(f => !f.HasStruck || !f.Keys.Split('|').Contains(f.MessageKey, StringComparer.Ordinal) || f.Elapsed > Limit(f.Mode)).Select(f => $"{f.Mode}: {f.MessageKey}, {f.Elapsed}, {f.HasStruck}"));
        Assert.InRange(most - before, long.MinValue, 512L * 1024 * 1024);
    }

    [Theory]
    [InlineData("endless rows")]
    [InlineData("endless grants")]
    public async Task Read_of_what_never_ends_ends_in_time_and_holds_little(string mode)
    {
        await using var server = new FalseMySql(mode);
        var before = MemoryPeak.Before();
        var clock = Stopwatch.StartNew();
        var reading = Assert.ThrowsAsync<SyncFailureException>(() => PassAsync(To(server), Request, Ct));
        var most = await MemoryPeak.DuringAsync(reading, before, Ct);
        Assert.Contains((await reading).Failure.MessageKey, (string[])["errors.extraction.statement_timeout", "errors.connection.timeout", "errors.connection.protocol"]);
        Assert.InRange(clock.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(TimeoutSeconds) + Margin);
        Assert.InRange(most, long.MinValue, 256L * 1024 * 1024);
    }

    [Fact]
    public async Task Read_takes_no_more_rows_than_its_limit_of_a_server_that_never_ends()
    {
        await using var server = new FalseMySql("endless rows");
        var clock = Stopwatch.StartNew();
        var outcome = await ReadOutcome.OfAsync(MySqlSource.Connector(), To(server), Request with { RowLimit = 1000 }, Ct);
        Assert.Equal(1000, outcome.Documents.Count);
        Assert.InRange(clock.Elapsed, TimeSpan.Zero, Margin);
    }

    /// <summary>A server may answer any statement by asking for a file of the client's.</summary>
    [Fact]
    public async Task Read_gives_no_file_to_a_server_that_asks_for_it()
    {
        var file = Path.GetTempFileName();
        await File.WriteAllTextAsync(file, "what is in the file", Ct);
        try
        {
            await using var server = new FalseMySql("local infile", file);
            var failure = await ReadOutcome.FailureAsync(MySqlSource.Connector(), To(server), Request, Ct);
            Assert.Equal("errors.extraction.statement_timeout", failure.MessageKey);
            Assert.True(server.HasStruck);
            Assert.DoesNotContain("what is in the file", Encoding.UTF8.GetString(server.Received), StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(file);
        }
    }

    /// <summary>
    /// Without TLS a password is proved, never shown; nor is it encrypted with a key that anybody on the way may have sent. The loopback is taken for safe, so
    /// the server stands at another address of this machine.
    /// </summary>
    [Theory]
    [InlineData("cleartext"), InlineData("dialog"), InlineData("old password"), InlineData("sha256"), InlineData("public key")]
    public async Task Read_shows_its_password_to_no_server_that_wants_it_otherwise(string mode)
    {
        var address = NetworkInterface.GetAllNetworkInterfaces().SelectMany(i => i.GetIPProperties().UnicastAddresses).Select(a => a.Address)
            .FirstOrDefault(a => a.AddressFamily == AddressFamily.InterNetwork && !IPAddress.IsLoopback(a));
        if (address is null) Assert.Skip("This machine has no address but the loopback's.");
        await using var server = new FalseMySql(mode, at: address);
        var connector = MySqlSource.Connector(egress: $"{address}/32", tlsExceptions: $"{address}");
        var clock = Stopwatch.StartNew();
        var thrown = await Assert.ThrowsAsync<SyncFailureException>(() => ReadOutcome.OfAsync(connector, To(server, $"{address}"), Request, Ct));
        Assert.True(thrown.Failure.MessageKey == "errors.connection.authentication", thrown.ToString());
        Assert.True(server.HasStruck);
        var received = Encoding.Latin1.GetString(server.Received);
        Assert.DoesNotContain(Password, received, StringComparison.Ordinal);
        Assert.DoesNotContain("\u0001\0\0\u0005\u0002", received, StringComparison.Ordinal); // the wish for the server's public key
        Assert.InRange(clock.Elapsed, TimeSpan.Zero, Margin);
    }

    [Theory]
    [InlineData("hang after greeting"), InlineData("trickle mid-row"), InlineData("endless rows")]
    public async Task Read_cancelled_ends_soon_whatever_the_server_does(string mode)
    {
        await using var server = new FalseMySql(mode);
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        var reading = PassAsync(To(server), new ReadRequest { Query = "SELECT 1 AS a" }, cancel.Token);
        var clock = Stopwatch.StartNew();
        while (!server.HasStruck && clock.Elapsed < TimeSpan.FromSeconds(120)) await Task.Delay(20, Ct);
        await Task.Delay(200, Ct);
        Assert.False(reading.IsCompleted);
        clock.Restart();
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reading);
        Assert.InRange(clock.Elapsed.TotalSeconds, 0, 6);
    }

    /// <summary>A row goes on for as many packets as its server likes, and the driver puts them together before it looks; a relay of ours counts.</summary>
    [Theory]
    [InlineData("require"), InlineData("disable")]
    public async Task Read_of_a_row_that_never_ends_ends_once_it_is_larger_than_any_may_be(string tls)
    {
        await using var server = new FalseMySql("endless row", tls: tls != "disable");
        var request = Request with { StatementTimeout = TimeSpan.FromMinutes(2) };
        var failure = await ReadOutcome.FailureAsync(MySqlSource.Connector(), To(server, tls: tls), request, Ct);
        Assert.Equal(("errors.extraction.odbc_answer", FailureKind.Permanent, 256), (failure.MessageKey, failure.Kind, failure.Params!["limit"]));
        Assert.True(server.HasStruck);
    }

    [Fact]
    public async Task Plan_test_and_save_end_too()
    {
        await using var server = new FalseMySql("trickle after greeting");
        var connector = MySqlSource.Connector();
        var clock = Stopwatch.StartNew();
        var planning = Assert.ThrowsAsync<SyncFailureException>(() => connector.PlanAsync(To(server), Request with { Window = new CursorWindow { Field = "a" } }, null, 0, Ct));
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        limit.CancelAfter(TimeSpan.FromSeconds(3));
        var verifying = Assert.ThrowsAnyAsync<Exception>(() => connector.VerifyAsync(To(server), limit.Token));
        var checks = await connector.TestAsync(To(server), Ct);
        Assert.Contains(checks, c => c.Passed == false);
        await planning;
        await verifying;
        Assert.InRange(clock.Elapsed.TotalSeconds, 0, 30);
    }

    /// <summary>Reads and keeps nothing.</summary>
    private static async Task PassAsync(SourceConnection connection, ReadRequest request, CancellationToken ct)
    {
        await foreach (var batch in MySqlSource.Connector().ReadAsync(connection, request, ct)) batch.Dispose();
    }

    private static TimeSpan Limit(string mode) => (mode.EndsWith("at greeting", StringComparison.Ordinal) || mode is "endless login" or "no mysql" ? Opening : TimeSpan.FromSeconds(TimeoutSeconds)) + Margin;

    private static async Task<long> MostAsync(Task done)
    {
        long most = 0;
        while (await Task.WhenAny(done, Task.Delay(50, Ct)) != done) most = Math.Max(most, Environment.WorkingSet);
        return most;
    }

    private static SourceConnection To(FalseMySql server, string host = "127.0.0.1", string tls = "disable") => new("mysql", JsonSerializer.SerializeToElement(new
    {
        driver = "mysql",
        host,
        port = server.Port,
        database = "d",
        username = "u",
        password = Password,
        tls,
    }));
}
