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
    private volatile bool _cuttingUnspoken;
    private bool _inTransaction;
    private bool _unspoken;

    /// <summary>How often the server has still to say that it is ready; the first time of its own accord.</summary>
    private int _awaited = 1;

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

    /// <summary>From the client to the server, watching for what commits.</summary>
    private async Task ForwardAsync(CancellationToken ct)
    {
        var scanner = new MessageScanner(untyped: true);
        var buffer = new byte[Piece];
        for (int read; (read = await client.ReceiveAsync(buffer, ct)) > 0;)
        {
            for (var sent = 0; sent < read;)
            {
                var end = scanner.Scan(buffer.AsSpan(sent, read - sent), (type, text) => Commits(type, text) || scanner.AsksForEncryption);
                var next = end < 0 ? read : sent + end;

                // Before it is sent: the answer may be there before the next line is.
                if (end >= 0 && scanner.AsksForEncryption) _oneByteAnswer = true;
                else if (end >= 0 && _cutting is null && proxy.Take(_unspoken) is { } cut) (_cuttingUnspoken, _cutting) = (_unspoken, cut);
                await SendAsync(_server, buffer.AsMemory(sent, next - sent), ct);
                sent = next;
            }
        }
    }

    /// <summary>From the server to the client; from the commit to be cut on, nothing goes through.</summary>
    private async Task BackAsync(CancellationToken ct)
    {
        List<byte> held = [];
        var changed = false;
        var scanner = new MessageScanner(untyped: false);
        var buffer = new byte[Piece];
        for (int read; (read = await _server.ReceiveAsync(buffer, ct)) > 0;)
        {
            var at = _oneByteAnswer ? 1 : 0;
            if (at == 1) _oneByteAnswer = false;
            var carriedOut = false;
            for (int end; at < read && (end = scanner.Scan(buffer.AsSpan(at, read - at), (type, text) => IsEnd(type, text, ref changed, out carriedOut))) >= 0; at += end)
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

            held.AddRange(buffer.AsSpan(0, read));
            if (_cutting is not null) continue;
            await SendAsync(client, held.ToArray(), ct);
            held.Clear();
        }
    }

    /// <summary>Whether the message ends a transaction: by its text, or as the last of statements outside of any.</summary>
    private bool Commits(char type, string text)
    {
        if (type is 'Q' or 'S') Interlocked.Increment(ref _awaited);
        var sql = type switch
        {
            'Q' => text,
            'P' when text.IndexOf('\0', StringComparison.Ordinal) is >= 0 and var name => text[(name + 1)..],
            _ => "",
        };
        if (sql.StartsWith("BEGIN", StringComparison.OrdinalIgnoreCase)) _inTransaction = true;
        var spoken = sql.StartsWith("COMMIT", StringComparison.OrdinalIgnoreCase);
        if (spoken || sql.StartsWith("ROLLBACK", StringComparison.OrdinalIgnoreCase)) _inTransaction = false;
        _unspoken = type == 'S' && !_inTransaction;
        return spoken || _unspoken;
    }

    /// <summary>Whether the server has ended what was sent; carried out is a COMMIT, or statements that changed a row.</summary>
    private bool IsEnd(char type, string text, ref bool changed, out bool carriedOut)
    {
        var tag = type == 'C' ? text : "";
        if (tag.StartsWith("UPDATE", StringComparison.Ordinal) || tag.StartsWith("INSERT", StringComparison.Ordinal) || tag.StartsWith("DELETE", StringComparison.Ordinal)) changed |= !tag.Contains(" 0\0", StringComparison.Ordinal);
        if (type == 'Z' && Interlocked.Decrement(ref _awaited) > 0) changed = false;
        var over = type == 'Z' && _awaited == 0;
        carriedOut = _cuttingUnspoken ? over && changed : tag.StartsWith("COMMIT", StringComparison.Ordinal);
        if (over) changed = false;
        return carriedOut || (_cuttingUnspoken ? over : tag.StartsWith("ROLLBACK", StringComparison.Ordinal));
    }

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
