using System.Diagnostics;
using System.Net.Sockets;

namespace DataSync.IntegrationTests.Extract.Api;

/// <summary>Servers that hang, reset, trickle and lie: a clear error in time. <see cref="ApiMemoryTests"/> has those that send much.</summary>
public sealed class ApiHostileServerTests
{
    private const string Head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n";

    public static TheoryData<string, string> Modes => new()
    {
        { "hang before head", "errors.connection.timeout" },
        { "hang in head", "errors.connection.timeout" },
        { "hang in body", "errors.api.too_slow" },
        { "trickle", "errors.api.too_slow" },
        { "reset before head", "errors.connection.lost" },
        { "reset in body", "errors.connection.lost" },
        { "close in body", "errors.connection.lost" },
        { "close at once", "errors.connection.lost" },
        { "longer than told", "errors.api.body" },
        { "truncated gzip", "errors.api.body" },
        { "no http", "errors.connection.lost" },
    };

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory, MemberData(nameof(Modes))]
    public async Task Read_fails_clearly_and_in_time(string mode, string key)
    {
        await using var server = new RawServer((socket, ct) => AnswerAsync(mode, socket, ct));
        using var connector = ApiSource.Connector(api: o => (o.ResponseTimeoutSeconds, o.StallTimeoutSeconds, o.MaxPageMegabytes) = (3, 2, 4));
        var clock = Stopwatch.StartNew();
        var failure = await ApiSource.FailureAsync(server.Url, """{"path":"/x"}""", connector: connector);
        Assert.Equal(key, failure.MessageKey);
        Assert.InRange(clock.Elapsed.TotalSeconds, 0, 8);
    }

    [Fact]
    public async Task Read_a_line_without_end_is_quarantined_alone()
    {
        await using var server = new RawServer(async (socket, ct) =>
        {
            await RawServer.SendAsync(socket, "HTTP/1.1 200 OK\r\nContent-Type: application/x-ndjson\r\nConnection: close\r\n\r\n1\n\"", ct);
            var part = new byte[1024 * 1024];
            part.AsSpan().Fill((byte)'x');
            for (var i = 0; i < 66; i++) await socket.SendAsync(part, ct);
            await RawServer.SendAsync(socket, "\"\n3", ct);
            socket.Shutdown(SocketShutdown.Send);
            await Task.Delay(2000, ct);
        });
        var outcome = await ApiSource.ReadAsync(server.Url, """{"path":"/x"}""");
        Assert.Equal(["1", "null", "3"], outcome.Documents);
        var (seq, rejection) = Assert.Single(outcome.Rejections);
        Assert.Equal((1, "too_large"), (seq, rejection.Code));
    }

    [Fact]
    public async Task Read_cancelled_while_a_server_hangs_ends_within_two_seconds()
    {
        await using var server = new RawServer((_, ct) => Task.Delay(Timeout.Infinite, ct));
        using var connector = ApiSource.Connector();
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        var reading = ReadOutcome.OfAsync(connector, ApiSource.Connection(server.Url), ApiSource.Request("""{"path":"/x"}"""), cancel.Token);
        await Task.Delay(300, Ct);
        var clock = Stopwatch.StartNew();
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reading);
        Assert.InRange(clock.Elapsed.TotalSeconds, 0, 2);
    }

    private static async Task AnswerAsync(string mode, Socket socket, CancellationToken ct)
    {
        switch (mode)
        {
            case "hang before head":
                await Task.Delay(Timeout.Infinite, ct);
                break;
            case "hang in head":
                await RawServer.SendAsync(socket, "HTTP/1.1 200 OK\r\nX-A: ", ct);
                await Task.Delay(Timeout.Infinite, ct);
                break;
            case "hang in body":
                await RawServer.SendAsync(socket, Head + "Content-Length: 10\r\n\r\n[1", ct);
                await Task.Delay(Timeout.Infinite, ct);
                break;
            case "trickle":
                await RawServer.SendAsync(socket, Head + "\r\n[1", ct);
                while (true)
                {
                    await RawServer.SendAsync(socket, ",1", ct);
                    await Task.Delay(100, ct);
                }

            case "reset before head":
                socket.LingerState = new LingerOption(true, 0);
                break;
            case "reset in body":
                await RawServer.SendAsync(socket, Head + "Content-Length: 10\r\n\r\n[1", ct);
                await Task.Delay(100, ct);
                socket.LingerState = new LingerOption(true, 0);
                break;
            case "close in body":
                await RawServer.SendAsync(socket, Head + "Content-Length: 10\r\n\r\n[1]", ct);
                break;
            case "longer than told":
                await RawServer.SendAsync(socket, Head + "Content-Length: 3\r\n\r\n[1,2,3,4]", ct);
                break;
            case "truncated gzip":
                await RawServer.SendAsync(socket, Head + "Content-Encoding: gzip\r\nContent-Length: 20\r\n\r\n", ct);
                await socket.SendAsync(Gzip("[1,2,3,4,5,6,7,8,9,10]"u8.ToArray()).AsMemory(0, 20), ct);
                break;
            case "no http":
                await RawServer.SendAsync(socket, "220 mail.example ESMTP\r\n", ct);
                break;
        }
    }

    internal static byte[] Gzip(byte[] plain)
    {
        var packed = new MemoryStream();
        using (var gzip = new System.IO.Compression.GZipStream(packed, System.IO.Compression.CompressionLevel.Fastest)) gzip.Write(plain);
        return packed.ToArray();
    }
}
