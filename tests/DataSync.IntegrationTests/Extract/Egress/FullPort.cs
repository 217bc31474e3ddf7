using System.Net;
using System.Net.Sockets;

namespace DataSync.IntegrationTests.Extract.Egress;

/// <summary>A port whose queue is full, and which nobody takes connections from: who dials it hears neither yes nor no, as at an address that swallows everything.</summary>
internal sealed class FullPort : IDisposable
{
    private const int Most = 64;
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly List<Socket> _queued = [];

    private FullPort()
    {
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen(1);
    }

    public IPEndPoint EndPoint => (IPEndPoint)_listener.LocalEndPoint!;

    public static async Task<FullPort> OpenAsync(CancellationToken ct)
    {
        var port = new FullPort();
        while (await port.TakesAnotherAsync(ct))
        {
            if (port._queued.Count == Most) Assert.Skip("This machine's queues are longer than they are said to be.");
        }

        return port;
    }

    public void Dispose()
    {
        foreach (var socket in _queued) socket.Dispose();
        _listener.Dispose();
    }

    private async Task<bool> TakesAnotherAsync(CancellationToken ct)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        _queued.Add(socket);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        limit.CancelAfter(TimeSpan.FromSeconds(2));
        try
        {
            await socket.ConnectAsync(EndPoint, limit.Token);
            return true;
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            return false;
        }
    }
}
