using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace DataSync.Faults.Wire;

/// <summary>
/// Stands between a process and PostgreSQL, and can cut a connection when a commit was carried out and its answer has not gone back: a COMMIT, or the end of
/// statements that the server commits by itself.
/// </summary>
internal sealed class CommitProxy : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentDictionary<ProxiedConnection, Task> _connections = new();
    private readonly int _target;
    private readonly Task _accepting;
    private readonly Lock _turn = new();
    private TaskCompletionSource? _cut;
    private int _skip;
    private bool _unspoken;

    /// <summary>Listens, and passes on to a port of this machine.</summary>
    public CommitProxy(int target)
    {
        _target = target;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>Cuts the connection of the next commit but <paramref name="skip"/>; returns once that is done.</summary>
    /// <param name="skip">How many go by before.</param>
    /// <param name="unspoken">A commit that no COMMIT asks for, which ends statements that changed a row; else a COMMIT.</param>
    /// <param name="ct">Ends the waiting.</param>
    public async Task CutAsync(int skip, bool unspoken, CancellationToken ct)
    {
        var cut = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_turn) (_cut, _skip, _unspoken) = (cut, skip, unspoken);
        await cut.Task.WaitAsync(ct);
    }

    /// <summary>A commit goes by: given where it is the one to be cut, and then nobody else's is.</summary>
    internal TaskCompletionSource? Take(bool unspoken)
    {
        lock (_turn)
        {
            if (_cut is null || unspoken != _unspoken || _skip-- > 0) return null;
            var taken = _cut;
            _cut = null;
            return taken;
        }
    }

    /// <summary>The commit taken was none: the next one is cut instead.</summary>
    internal void GiveBack(TaskCompletionSource cut)
    {
        lock (_turn) (_cut, _skip) = (cut, 0);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        await _accepting;
        await Task.WhenAll(_connections.Values);
        _listener.Dispose();
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var client = await _listener.AcceptSocketAsync(_stop.Token);
                var connection = new ProxiedConnection(this, client, _target);
                _connections[connection] = Task.CompletedTask;
                _connections[connection] = RunAsync(connection);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // the rig ends
        }
    }

    private async Task RunAsync(ProxiedConnection connection)
    {
        await Task.Yield();
        using (connection) await connection.RunAsync(_stop.Token);
        _connections.TryRemove(connection, out _);
    }
}
