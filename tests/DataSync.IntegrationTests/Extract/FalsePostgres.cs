using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace DataSync.IntegrationTests.Extract;

/// <summary>A server that speaks PostgreSQL's protocol only as far as a test wants, and then hangs, resets, trickles, lies about lengths or never ends.</summary>
internal sealed partial class FalsePostgres : IAsyncDisposable
{
    private const int CancelCode = 80877102;
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly string _mode;
    private readonly Task _serving;

    public FalsePostgres(string mode)
    {
        _mode = mode;
        _listener.Start();
        _serving = ServeAsync();
    }

    /// <summary>Bytes of its endless message that the client took, or its buffers.</summary>
    public long Sent { get; private set; }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        await _serving;
        _stop.Dispose();
    }

    private async Task ServeAsync()
    {
        var open = new List<Task>();
        try
        {
            while (true) open.Add(SpeakAsync(await _listener.AcceptSocketAsync(_stop.Token), _stop.Token));
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            await Task.WhenAll(open);
        }
    }

    private async Task SpeakAsync(Socket socket, CancellationToken ct)
    {
        await using var stream = new NetworkStream(socket, ownsSocket: true);
        try
        {
            var start = await ReadAsync(stream, ct);
            if (BinaryPrimitives.ReadInt32BigEndian(start) == CancelCode)
            {
                // whoever asks to cancel is kept waiting as well
                await Task.Delay(Timeout.Infinite, ct);
            }

            switch (_mode)
            {
                case "hang at once":
                    await Task.Delay(Timeout.Infinite, ct);
                    break;
                case "reset at once":
                    socket.LingerState = new LingerOption(true, 0);
                    return;
                case "trickle at once":
                    while (true)
                    {
                        foreach (var b in Greeting())
                        {
                            await stream.WriteAsync(new[] { b }, ct);
                            await Task.Delay(1000, ct);
                        }
                    }

                case "no postgres":
                    await stream.WriteAsync("220 mail.example ESMTP\r\n"u8.ToArray(), ct);
                    await Task.Delay(Timeout.Infinite, ct);
                    break;
            }

            await stream.WriteAsync(Greeting(), ct);
            await AnswerAsync(stream, socket, ct);
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or IOException or ObjectDisposedException)
        {
            // the client went away, or the test is over
        }
    }

    private async Task AnswerAsync(NetworkStream stream, Socket socket, CancellationToken ct)
    {
        await stream.ReadExactlyAsync(new byte[1], ct);
        switch (_mode)
        {
            case "hang after greeting":
                await Task.Delay(Timeout.Infinite, ct);
                break;
            case "reset after greeting":
                socket.LingerState = new LingerOption(true, 0);
                return;
            case "close after greeting":
                return;
            case "trickle after greeting":
                await stream.WriteAsync(Head('S', 1_000_000), ct);
                while (true)
                {
                    await stream.WriteAsync("x"u8.ToArray(), ct);
                    await Task.Delay(1000, ct);
                }

            case "two gigabytes":
                await stream.WriteAsync(Head('S', int.MaxValue), ct);
                for (var zeros = new byte[64 * 1024]; ; Sent += zeros.Length) await stream.WriteAsync(zeros, ct);
            case "negative length":
                await stream.WriteAsync(Head('S', -5), ct);
                await Task.Delay(Timeout.Infinite, ct);
                break;
            case "unknown message":
                await stream.WriteAsync(Head('?', 4), ct);
                await Task.Delay(Timeout.Infinite, ct);
                break;
            case "endless notices":
                var notices = Enumerable.Repeat(Message('N', "SNOTICE\0C00000\0Mx\0\0"u8), 1000).SelectMany(m => m).ToArray();
                while (true) await stream.WriteAsync(notices, ct);
            case "endless answer":
                await stream.WriteAsync(Message('T', [0, 1, .. Column("a", 25)]), ct);
                var answer = Enumerable.Repeat(Message('D', [0, 1, 0, 0, 0, 100, .. new byte[100].Select(_ => (byte)'x')]), 1000).SelectMany(m => m).ToArray();
                while (true) await stream.WriteAsync(answer, ct);
            case "endless rows":
                await EndlessRowsAsync(stream, ct);
                break;
            default:
                await AnswerWithRowsAsync(stream, ct);
                break;
        }
    }

    /// <summary>Lets the session begin, and answers the next statement, whatever it is, with rows of a number and a text without end.</summary>
    private static async Task EndlessRowsAsync(NetworkStream stream, CancellationToken ct)
    {
        // the first message's type is read already
        var begun = false;
        for (var type = 'P'; ; type = (char)stream.ReadByte())
        {
            await ReadAsync(stream, ct);
            switch (type)
            {
                case 'P': await stream.WriteAsync(Message('1', []), ct); break;
                case 'B': await stream.WriteAsync(Message('2', []), ct); break;
                case 'D' when !begun: await stream.WriteAsync(Message('n', []), ct); break;
                case 'D': await stream.WriteAsync(Message('T', [0, 2, .. Column("place", 23), .. Column("finding", 25)]), ct); break;
                case 'E' when !begun: await stream.WriteAsync(Message('C', "SELECT 0\0"u8), ct); break;
                case 'E':
                    var rows = Enumerable.Repeat(Message('D', [0, 2, 0, 0, 0, 4, 0, 0, 0, 6, 0, 0, 0, 100, .. new byte[100].Select(_ => (byte)'x')]), 1000).SelectMany(m => m).ToArray();
                    while (true) await stream.WriteAsync(rows, ct);
                case 'S':
                    begun = true;
                    await stream.WriteAsync(Message('Z', "T"u8), ct);
                    break;
            }
        }
    }

    private static byte[] Greeting() =>
    [
        .. Message('R', [0, 0, 0, 0]), .. Message('S', "server_version\u000015.0\0"u8), .. Message('S', "server_encoding\0UTF8\0"u8), .. Message('S', "client_encoding\0UTF8\0"u8),
        .. Message('S', "standard_conforming_strings\0on\0"u8), .. Message('K', [0, 0, 18, 103, 0, 0, 0, 7]), .. Message('Z', "I"u8),
    ];

    private static byte[] Column(string name, int type) => [.. Encoding.ASCII.GetBytes(name), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, (byte)type, 255, 255, 255, 255, 255, 255, 0, 1];

    private static byte[] Message(char type, ReadOnlySpan<byte> body) => [.. Head(type, body.Length + 4), .. body];

    private static byte[] Head(char type, int length)
    {
        var head = new byte[5];
        head[0] = (byte)type;
        BinaryPrimitives.WriteInt32BigEndian(head.AsSpan(1), length);
        return head;
    }

    /// <summary>A message's body, its length read first.</summary>
    private static async Task<byte[]> ReadAsync(NetworkStream stream, CancellationToken ct)
    {
        var length = new byte[4];
        await stream.ReadExactlyAsync(length, ct);
        var body = new byte[BinaryPrimitives.ReadInt32BigEndian(length) - 4];
        await stream.ReadExactlyAsync(body, ct);
        return body;
    }
}
