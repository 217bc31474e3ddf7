using System.Net;
using System.Net.Sockets;
using DataSync.Pipeline.Failures;

namespace DataSync.Platform.Http.Egress;

/// <summary>The one way of dialling where a tenant points: to an address that was resolved once and vetted.</summary>
internal static class EgressDial
{
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(10);

    /// <summary>A connection to the first of the vetted addresses that answers. The caller owns the socket.</summary>
    /// <param name="egress">Judges every address.</param>
    /// <param name="host">A name, or an address without brackets.</param>
    /// <param name="port">1 to 65535.</param>
    /// <param name="ct">Ends the attempt.</param>
    public static async Task<Socket> ConnectAsync(EgressPolicy egress, string host, int port, CancellationToken ct)
    {
        var vetted = await egress.VetAsync(host, port, ct);
        var turns = new DialTurns(vetted.Count, TimeProvider.System);
        for (var i = 0; ; i++)
        {
            try
            {
                return await DialAsync(new IPEndPoint(vetted[i], port), ct);
            }
            catch (Exception e) when (e is TimeoutException or SocketException)
            {
                // the next address may answer
                if (!turns.IsLast(i)) continue;
                if (e is TimeoutException) throw new SyncFailureException(SyncFailure.Transient("errors.connection.timeout", ("host", host), ("port", port)), e);
                throw;
            }
        }
    }

    /// <summary>A connection to an address that was vetted. The caller owns the socket.</summary>
    /// <param name="server">Where.</param>
    /// <param name="ct">Ends the attempt.</param>
    /// <exception cref="SocketException">It did not answer.</exception>
    /// <exception cref="TimeoutException">Not for ten seconds.</exception>
    public static Task<Socket> DialAsync(IPEndPoint server, CancellationToken ct) => DialAsync(server, static (socket, to, token) => socket.ConnectAsync(to, token).AsTask(), ct);

    /// <summary>
    /// The same for one who reads on a thread of his own, where much is to come. A socket that anybody ever awaited wakes the pool with every piece that arrives, even if nobody
    /// awaits it any more; this one was not.
    /// </summary>
    public static Task<Socket> DialBlockingAsync(IPEndPoint server, CancellationToken ct) => DialAsync(server, ConnectAsync, ct);

    private static async Task<Socket> DialAsync(IPEndPoint server, Func<Socket, IPEndPoint, CancellationToken, Task> connect, CancellationToken ct)
    {
        var socket = new Socket(server.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(ct);
        timeout.CancelAfter(ConnectTimeout);
        try
        {
            await connect(socket, server, timeout.Token);
            return socket;
        }
        catch (Exception e)
        {
            socket.Dispose();
            if (e is OperationCanceledException && !ct.IsCancellationRequested) throw new TimeoutException(null, e);
            throw;
        }
    }

    private static async Task ConnectAsync(Socket socket, IPEndPoint server, CancellationToken ct)
    {
        try
        {
            await using var end = ct.UnsafeRegister(static s => ((Socket)s!).Dispose(), socket);
            await Task.Factory.StartNew(() => socket.Connect(server), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        }
        finally
        {
            ct.ThrowIfCancellationRequested(); // once nobody can dispose of the socket any more
        }
    }
}
