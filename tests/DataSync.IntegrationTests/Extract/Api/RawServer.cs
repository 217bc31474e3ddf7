using System.Net;
using System.Net.Sockets;
using System.Text;

namespace DataSync.IntegrationTests.Extract.Api;

/// <summary>A server that speaks HTTP only as far as a test wants: it reads one request and then does with the socket as it likes.</summary>
internal sealed class RawServer : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _serving;

    public RawServer(Func<Socket, CancellationToken, Task> answer)
    {
        _listener.Start();
        _serving = ServeAsync(answer);
    }

    public int Connections { get; private set; }

    public Uri Url => new($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}");

    public static Task SendAsync(Socket socket, string text, CancellationToken ct) => socket.SendAsync(Encoding.UTF8.GetBytes(text), ct).AsTask();

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        await _serving;
        _stop.Dispose();
    }

    private async Task ServeAsync(Func<Socket, CancellationToken, Task> answer)
    {
        var open = new List<Task>();
        try
        {
            while (true)
            {
                var socket = await _listener.AcceptSocketAsync(_stop.Token);
                Connections++;
                open.Add(AnswerAsync(socket, answer));
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            await Task.WhenAll(open);
        }
    }

    private async Task AnswerAsync(Socket socket, Func<Socket, CancellationToken, Task> answer)
    {
        using (socket)
        {
            try
            {
                await socket.ReceiveAsync(new byte[16 * 1024], _stop.Token);
                await answer(socket, _stop.Token);
            }
            catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
            {
                // the client went away, or the test is over
            }
        }
    }
}
