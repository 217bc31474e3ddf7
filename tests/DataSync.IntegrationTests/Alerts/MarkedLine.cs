using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace DataSync.IntegrationTests.Alerts;

/// <summary>Stands before a server, and lets a connection break, or go silent, when a statement with the mark comes by; all others pass.</summary>
internal sealed class MarkedLine : IAsyncDisposable
{
    /// <summary>Stands in a statement, where a comment may.</summary>
    public const string Mark = "the line ends here";

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentBag<Socket> _sockets = [];
    private readonly int _target;
    private readonly bool _breaks;
    private readonly Task _accepting;

    public MarkedLine(int target, bool breaks)
    {
        (_target, _breaks) = (target, breaks);
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        await _accepting;
        foreach (var socket in _sockets) socket.Dispose();
        _listener.Dispose();
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var (client, server) = (await _listener.AcceptSocketAsync(_stop.Token), new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp));
                _sockets.Add(client);
                _sockets.Add(server);
                await server.ConnectAsync(IPAddress.Loopback, _target, _stop.Token);
                _ = PassAsync(client, server, isAsked: true);
                _ = PassAsync(server, client, isAsked: false);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // the test is over
        }
    }

    private async Task PassAsync(Socket from, Socket to, bool isAsked)
    {
        var buffer = new byte[64 * 1024];
        try
        {
            for (int read; (read = await from.ReceiveAsync(buffer, _stop.Token)) > 0;)
            {
                if (isAsked && buffer.AsSpan(0, read).IndexOf(Encoding.ASCII.GetBytes(Mark)) >= 0)
                {
                    if (!_breaks) await Task.Delay(Timeout.Infinite, _stop.Token);
                    from.Dispose();
                    to.Dispose();
                    return;
                }

                for (var sent = 0; sent < read;) sent += await to.SendAsync(buffer.AsMemory(sent, read - sent), _stop.Token);
            }

            to.Shutdown(SocketShutdown.Send);
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // either side has gone
        }
    }
}
