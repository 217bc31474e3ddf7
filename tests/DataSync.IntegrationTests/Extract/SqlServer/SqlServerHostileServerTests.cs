using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using DataSync.Pipeline.Connectors;

namespace DataSync.IntegrationTests.Extract.SqlServer;

/// <summary>Servers that hang, reset, trickle, lie about lengths or never end: a clear error in time. <see cref="SqlServerMemoryTests"/> looks at the memory.</summary>
public sealed class SqlServerHostileServerTests
{
    private const int TimeoutSeconds = 1;
    private static readonly byte[] Columns = new TdsAnswer().Columns(TdsColumn.Int("a"), TdsColumn.NVarCharMax("b")).ToArray();

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("hang", "errors.extraction.statement_timeout"), InlineData("trickle", "errors.extraction.statement_timeout"), InlineData("endless notices", "errors.extraction.statement_timeout")]
    [InlineData("endless value", "errors.extraction.statement_timeout"), InlineData("reset", "errors.connection.lost"), InlineData("close", "errors.connection.lost")]
    [InlineData("length too long", "errors.extraction.statement_timeout"), InlineData("packet of nothing", "errors.connection.lost")]
    public async Task Read_fails_clearly_and_in_time(string mode, string key)
    {
        await using var server = new TdsServer { Stops = false, OnStream = (_, stream, _) => MisbehaveAsync(mode, stream) };
        var clock = Stopwatch.StartNew();
        var failure = await ReadOutcome.FailureAsync(TdsServer.Connector(), server.Connection(), new ReadRequest { Query = "SELECT a, b FROM t", StatementTimeout = TimeSpan.FromSeconds(TimeoutSeconds) }, Ct);
        Assert.Equal(key, failure.MessageKey);
        Assert.InRange(clock.Elapsed.TotalSeconds, 0, TimeoutSeconds + 10);
    }

    [Theory]
    [InlineData("hang"), InlineData("trickle"), InlineData("endless notices"), InlineData("endless rows"), InlineData("endless value")]
    public async Task Read_cancelled_ends_soon_whatever_the_server_does(string mode)
    {
        await using var server = new TdsServer { Stops = false, OnStream = (_, stream, _) => MisbehaveAsync(mode, stream) };
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        var reading = ReadOutcome.OfAsync(TdsServer.Connector(), server.Connection(), new ReadRequest { Query = "SELECT a, b FROM t" }, cancel.Token);
        await Task.Delay(1000, Ct);
        Assert.False(reading.IsCompleted);
        var clock = Stopwatch.StartNew();
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reading);
        Assert.InRange(clock.Elapsed.TotalSeconds, 0, 4);
    }

    [Fact]
    public async Task Read_cancelled_asks_an_honest_server_to_stop()
    {
        await using var server = new TdsServer { OnStream = static async (_, stream, stopped) => await HoldAsync(stream, stopped) };
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        var reading = ReadOutcome.OfAsync(TdsServer.Connector(), server.Connection(), new ReadRequest { Query = "SELECT a FROM t" }, cancel.Token);
        await WaitAsync(() => server.Asked.Any(a => a.Contains("FROM t", StringComparison.Ordinal)));
        var clock = Stopwatch.StartNew();
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reading);
        Assert.InRange(clock.Elapsed.TotalSeconds, 0, 2);
        Assert.Equal(1, server.Attentions);
    }

    [Fact]
    public async Task Read_left_after_the_first_batch_asks_the_server_to_stop_and_ends_soon()
    {
        await using var server = new TdsServer { OnStream = static async (_, stream, stopped) => await RowsAsync(stream, stopped) };
        var clock = new Stopwatch();
        await foreach (var batch in TdsServer.Connector().ReadAsync(server.Connection(), new ReadRequest { Query = "SELECT a FROM t" }, Ct))
        {
            batch.Dispose();
            clock.Start();
            break;
        }

        Assert.InRange(clock.Elapsed.TotalSeconds, 0, 2);
        await WaitAsync(() => server.Attentions == 1);
    }

    /// <summary>Before a session is there.</summary>
    [Theory]
    [InlineData("nothing", "errors.connection.timeout"), InlineData("close", "errors.connection.lost"), InlineData("http", "errors.connection.protocol"), InlineData("endless prelogin", "errors.connection.protocol")]
    [InlineData("short prelogin", "errors.connection.protocol")]
    public async Task Opening_fails_clearly_and_in_time(string mode, string key)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        await using var server = new TdsServer(listens: false);
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        _ = Task.Run(() => AnswerAsync(listener, mode), CancellationToken.None);
        var connection = new SourceConnection("sqlserver", System.Text.Json.JsonSerializer.SerializeToElement(new { driver = "sqlserver", host = "127.0.0.1", port, database = "d", username = "u", password = "p", tls = "disable" }));
        var clock = Stopwatch.StartNew();
        var failure = await ReadOutcome.FailureAsync(TdsServer.Connector(), connection, new ReadRequest { Query = "SELECT 1 AS a" }, Ct);
        Assert.Equal(key, failure.MessageKey);
        Assert.InRange(clock.Elapsed.TotalSeconds, 0, 20);
    }

    private static async Task AnswerAsync(TcpListener listener, string mode)
    {
        using var socket = await listener.AcceptSocketAsync(Ct);
        await using var stream = new NetworkStream(socket);
        _ = await stream.ReadAtLeastAsync(new byte[8], 8, cancellationToken: Ct);
        if (mode == "http") await stream.WriteAsync("HTTP/1.1 400 Bad Request\r\n\r\n"u8.ToArray(), Ct);
        if (mode == "short prelogin") await stream.WriteAsync(TdsAnswer.Packets(4, [0, 0xFF, 0xFF, 0, 6, 1, 0xFF, 0, 0, 1, 255]), Ct);
        if (mode == "nothing") await Task.Delay(TimeSpan.FromSeconds(30), Ct);
        while (mode == "endless prelogin") await stream.WriteAsync(TdsAnswer.Packets(4, new byte[4000], last: false), Ct);
    }

    internal static async Task MisbehaveAsync(string mode, Stream stream)
    {
        switch (mode)
        {
            case "hang": await Task.Delay(TimeSpan.FromMinutes(1), Ct); break;
            case "reset": ((NetworkStream)stream).Socket.Close(0); break;
            case "close": stream.Close(); break;
            case "packet of nothing": await stream.WriteAsync((byte[])[4, 1, 0, 3, 0, 0, 1, 0], Ct); break;
            case "length too long":
                await stream.WriteAsync(TdsAnswer.Packets(4, [.. Columns, 0xD1, 4, 1, 0, 0, 0, 0xFE, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F, 1, 2]), Ct);
                break;
            case "trickle":
                foreach (var one in TdsAnswer.Packets(4, [.. Columns, .. new byte[1000]]))
                {
                    await stream.WriteAsync((byte[])[one], Ct);
                    await Task.Delay(100, Ct);
                }

                break;
            case "endless notices":
                for (var notice = TdsAnswer.Packets(4, new TdsAnswer().Message(0xAB, 5701, 0).ToArray(), last: false); ;) await stream.WriteAsync(notice, Ct);
            case "endless rows":
                await RowsAsync(stream, CancellationToken.None);
                break;
            case "endless value":
                await stream.WriteAsync(TdsAnswer.Packets(4, [.. Columns, 0xD1, 4, 1, 0, 0, 0, 0xFE, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF], last: false), Ct);
                for (var part = TdsAnswer.Packets(4, [.. BitConverter.GetBytes(4000), .. new byte[4000]], last: false); ;) await stream.WriteAsync(part, Ct);
        }
    }

    internal static async Task RowsAsync(Stream stream, CancellationToken stopped)
    {
        await stream.WriteAsync(TdsAnswer.Packets(4, new TdsAnswer().Columns(TdsColumn.NVarChar("a")).ToArray(), last: false), Ct);
        var answer = new TdsAnswer();
        for (var i = 0; i < 18; i++) answer.Row(TdsValue.Text(new string('x', 100)));
        var rows = TdsAnswer.Packets(4, answer.ToArray(), last: false);
        while (!stopped.IsCancellationRequested) await stream.WriteAsync(rows, Ct);
    }

    private static async Task HoldAsync(Stream stream, CancellationToken stopped)
    {
        await stream.WriteAsync(TdsAnswer.Packets(4, new TdsAnswer().Columns(TdsColumn.Int("a")).ToArray(), last: false), Ct);
        await Task.Delay(Timeout.Infinite, stopped).ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
    }

    private static async Task WaitAsync(Func<bool> condition)
    {
        for (var clock = Stopwatch.StartNew(); !condition();)
        {
            Assert.True(clock.Elapsed < TimeSpan.FromSeconds(120));
            await Task.Delay(20, Ct);
        }
    }
}
