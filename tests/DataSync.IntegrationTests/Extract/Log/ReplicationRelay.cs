using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace DataSync.IntegrationTests.Extract.Log;

/// <summary>What a relay makes of the log once it is asked for.</summary>
internal enum LogConduct
{
    /// <summary>Not a byte of it.</summary>
    Hangs,

    /// <summary>The connection is gone.</summary>
    Resets,

    /// <summary>One byte after the other of a message that never ends.</summary>
    Trickles,

    /// <summary>Signs of life that never tell of a later place.</summary>
    Stands,

    /// <summary>First a place further on, as that which was confirmed, then for six seconds the places from the beginning on, then the server's log.</summary>
    LooksOver,
}

/// <summary>Stands before a real server, and passes everything but the log itself.</summary>
internal sealed class ReplicationRelay : IAsyncDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);
    private const int Looks = 30;
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly LogConduct _conduct;
    private readonly int _target;
    private readonly Task _accepting;

    public ReplicationRelay(int target, LogConduct conduct)
    {
        (_target, _conduct) = (target, conduct);
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _accepting;
        _listener.Dispose();
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        List<Task> open = [];
        try
        {
            while (true) open.Add(ServeAsync(await _listener.AcceptSocketAsync(_stop.Token), _stop.Token));
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException)
        {
            await Task.WhenAll(open);
        }
    }

    private async Task ServeAsync(Socket client, CancellationToken ct)
    {
        using var server = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        using (client)
        {
            try
            {
                await server.ConnectAsync(IPAddress.Loopback, _target, ct);
                var start = new byte[16 * 1024];
                var length = await client.ReceiveAsync(start, ct);
                await SendAsync(server, start.AsMemory(0, length), ct);
                var isLog = Encoding.ASCII.GetString(start, 0, length).Contains("replication", StringComparison.Ordinal);
                var up = PassAsync(client, server, ct);
                var down = isLog ? PassLogAsync(server, client, ct) : PassAsync(server, client, ct);
                await await Task.WhenAny(up, down);
            }
            catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
            {
                // either side has gone, or the test is over
            }
        }
    }

    private async Task PassLogAsync(Socket server, Socket client, CancellationToken ct)
    {
        var buffer = new byte[64 * 1024];
        for (int read; (read = await server.ReceiveAsync(buffer, ct)) > 0;)
        {
            // the server says so where the log begins
            if (buffer[0] != 'W')
            {
                await SendAsync(client, buffer.AsMemory(0, read), ct);
                continue;
            }

            var begins = 1 + BinaryPrimitives.ReadInt32BigEndian(buffer.AsSpan(1));
            await SendAsync(client, buffer.AsMemory(0, begins), ct);
            await MisbehaveAsync(client, ct);
            await SendAsync(client, buffer.AsMemory(begins, read - begins), ct);
            await PassAsync(server, client, ct);
        }
    }

    private async Task MisbehaveAsync(Socket client, CancellationToken ct)
    {
        switch (_conduct)
        {
            case LogConduct.Hangs:
                await Task.Delay(Timeout.Infinite, ct);
                break;
            case LogConduct.Resets:
                client.LingerState = new LingerOption(true, 0);
                client.Close();
                break;
            case LogConduct.Trickles:
                for (ReadOnlyMemory<byte> next = new byte[] { (byte)'d', 0, 1, 0, 0, (byte)'w' }; ; next = new byte[1])
                {
                    await SendAsync(client, next, ct);
                    await Task.Delay(Pause, ct);
                }

            case LogConduct.Stands:
                while (true) await LookAsync(client, 1, ct);
            case LogConduct.LooksOver:
                await LookAsync(client, 2 * Looks, ct);
                for (var at = 1; at <= Looks; at++) await LookAsync(client, at, ct);
                break;
        }
    }

    private static async Task LookAsync(Socket client, int at, CancellationToken ct)
    {
        var alive = new byte[23];
        (alive[0], alive[4], alive[5]) = ((byte)'d', 22, (byte)'k');
        BinaryPrimitives.WriteInt64BigEndian(alive.AsSpan(6), at);
        await SendAsync(client, alive, ct);
        await Task.Delay(Pause, ct);
    }

    private static async Task PassAsync(Socket from, Socket to, CancellationToken ct)
    {
        var buffer = new byte[64 * 1024];
        for (int read; (read = await from.ReceiveAsync(buffer, ct)) > 0;) await SendAsync(to, buffer.AsMemory(0, read), ct);
    }

    private static async Task SendAsync(Socket to, ReadOnlyMemory<byte> bytes, CancellationToken ct)
    {
        for (var sent = 0; sent < bytes.Length;) sent += await to.SendAsync(bytes[sent..], ct);
    }
}
