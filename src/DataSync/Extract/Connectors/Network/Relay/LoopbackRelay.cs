using System.Net;
using System.Net.Sockets;
using DataSync.Platform.Http.Egress;

namespace DataSync.Extract.Connectors.Network.Relay;

/// <summary>
/// Stands between a driver that dials by itself and its server: the driver gets a loopback port, and this dials the vetted address for it. A driver may come again: to have a
/// statement cancelled, or with a second session that does that.
/// </summary>
internal abstract class LoopbackRelay : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _end = new();
    private readonly IPEndPoint _server;
    private Socket? _first;

    /// <summary>Opens the driver's port.</summary>
    /// <param name="server">Vetted.</param>
    /// <param name="first">A connection there, for the driver's first.</param>
    protected LoopbackRelay(IPEndPoint server, Socket first)
    {
        (_server, _first) = (server, first);
        _listener.Start(8);
        Port = ((IPEndPoint)_listener.LocalEndpoint).Port;
    }

    /// <summary>The driver's port on the loopback address.</summary>
    public int Port { get; }

    /// <summary>Ends with the relay.</summary>
    protected CancellationToken End => _end.Token;

    /// <summary>Ends every connection at once.</summary>
    public void Dispose()
    {
        _end.Cancel();
        _listener.Dispose();
        Interlocked.Exchange(ref _first, null)?.Dispose();
    }

    /// <summary>Serves one connection of the driver's until one side ends it; owns it, and fails never.</summary>
    protected abstract Task PassOnAsync(Socket driver);

    /// <summary>The server for the driver's next connection. The caller owns the socket.</summary>
    protected async Task<Socket> ReachAsync() => Interlocked.Exchange(ref _first, null) ?? await EgressDial.DialAsync(_server, End);

    /// <summary>Waits for the driver from now on.</summary>
    protected async Task AcceptAsync()
    {
        try
        {
            while (true) _ = PassOnAsync(await _listener.AcceptSocketAsync(End));
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // the session has ended
        }
    }
}
