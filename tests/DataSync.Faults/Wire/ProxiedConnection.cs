using System.Net;
using System.Net.Sockets;

namespace DataSync.Faults.Wire;

/// <summary>One connection through the proxy: bytes go through as they come, in both directions, until one side closes or it is cut.</summary>
internal sealed class ProxiedConnection(CommitProxy proxy, Socket client, int target) : IDisposable
{
    private const int Piece = 64 * 1024;
    private readonly Socket _server = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private volatile TaskCompletionSource? _cutting;
    private volatile bool _oneByteAnswer;

    public async Task RunAsync(CancellationToken ct)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(ct);
        try
        {
            client.NoDelay = true;
            await _server.ConnectAsync(IPAddress.Loopback, target, ct);
            var ways = new[] { ForwardAsync(over.Token), BackAsync(over.Token) };
            await Task.WhenAny(ways);
            await over.CancelAsync();
            await Task.WhenAll(ways);
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // either side has gone
        }
        finally
        {
            if (_cutting is { } unfinished) proxy.GiveBack(unfinished); // the server went before it answered
        }
    }

    public void Dispose()
    {
        Reset(client);
        Reset(_server);
    }

    /// <summary>From the client to the server, watching for its COMMIT.</summary>
    private async Task ForwardAsync(CancellationToken ct)
    {
        var scanner = new MessageScanner(untyped: true);
        var buffer = new byte[Piece];
        for (int read; (read = await client.ReceiveAsync(buffer, ct)) > 0;)
        {
            for (var sent = 0; sent < read;)
            {
                var end = scanner.Scan(buffer.AsSpan(sent, read - sent), (type, text) => IsCommit(type, text) || scanner.AsksForEncryption);
                var next = end < 0 ? read : sent + end;

                // Before it is sent: the answer may be there before the next line is.
                if (end >= 0 && scanner.AsksForEncryption) _oneByteAnswer = true;
                else if (end >= 0) _cutting ??= proxy.Take();
                await SendAsync(_server, buffer.AsMemory(sent, next - sent), ct);
                sent = next;
            }
        }
    }

    /// <summary>From the server to the client; from the COMMIT to be cut on, nothing goes through.</summary>
    private async Task BackAsync(CancellationToken ct)
    {
        var scanner = new MessageScanner(untyped: false);
        var buffer = new byte[Piece];
        for (int read; (read = await _server.ReceiveAsync(buffer, ct)) > 0;)
        {
            var at = _oneByteAnswer ? 1 : 0;
            if (at == 1) _oneByteAnswer = false;
            var carriedOut = false;
            for (int end; at < read && (end = scanner.Scan(buffer.AsSpan(at, read - at), (type, text) => type == 'C' && IsEnd(text, out carriedOut))) >= 0; at += end)
            {
                if (_cutting is not { } cut) continue;
                _cutting = null;
                if (carriedOut)
                {
                    cut.SetResult();
                    return;
                }

                proxy.GiveBack(cut);
            }

            if (_cutting is null) await SendAsync(client, buffer.AsMemory(0, read), ct);
        }
    }

    private static bool IsCommit(char type, string text) => type switch
    {
        'Q' => text.StartsWith("COMMIT", StringComparison.OrdinalIgnoreCase),
        'P' => text.IndexOf('\0', StringComparison.Ordinal) is >= 0 and var name && text.AsSpan(name + 1).StartsWith("COMMIT", StringComparison.OrdinalIgnoreCase),
        _ => false,
    };

    private static bool IsEnd(string tag, out bool carriedOut)
        => (carriedOut = tag.StartsWith("COMMIT", StringComparison.Ordinal)) || tag.StartsWith("ROLLBACK", StringComparison.Ordinal);

    private static async Task SendAsync(Socket to, ReadOnlyMemory<byte> bytes, CancellationToken ct)
    {
        while (bytes.Length > 0) bytes = bytes[await to.SendAsync(bytes, ct)..];
    }

    /// <summary>Closes at once, as a broken line does.</summary>
    private static void Reset(Socket socket)
    {
        socket.LingerState = new LingerOption(enable: true, seconds: 0);
        socket.Dispose();
    }
}
