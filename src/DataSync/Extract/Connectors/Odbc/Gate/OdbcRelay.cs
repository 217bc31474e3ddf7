using System.Net;
using System.Net.Sockets;
using DataSync.Extract.Connectors.Network.Relay;
using DataSync.Extract.Connectors.Odbc.Native;
using DataSync.Pipeline.Failures;
using DataSync.Platform.Http.Egress;

namespace DataSync.Extract.Connectors.Odbc.Gate;

/// <summary>
/// Stands between a driver and its server. A driver dials by itself, and by name; so it gets a loopback port, and this dials the vetted address for it. It is also the one
/// place where what a driver takes into its memory can be counted, and where a driver that waits for a server that says nothing can be made to end. Bytes pass as they are, TLS too.
/// </summary>
internal sealed class OdbcRelay : LoopbackRelay
{
    private const string ThreadName = "odbc relay";

    private const int Buffer = 128 * 1024;

    /// <summary>Bytes of an answer from which on its pieces are joined: what is shorter is passed on at once.</summary>
    private const int LongAnswer = 32 * 1024;

    /// <summary>How long the pieces of a long answer are waited for, in microseconds: a server on the same machine fills half of the room meanwhile.</summary>
    private const uint Pause = 150;

    private readonly long _mostAnswerBytes;
    private volatile bool _isOverfull;

    private OdbcRelay(IPEndPoint server, Socket first, long mostAnswerBytes) : base(server, first)
    {
        _mostAnswerBytes = mostAnswerBytes;
        _ = AcceptAsync();
    }

    /// <summary>True where an answer was larger than the driver may hold; the connection was ended for it.</summary>
    public bool IsOverfull => _isOverfull;

    /// <summary>Dials the first of the vetted addresses that answers, and waits for the driver.</summary>
    /// <param name="vetted">At least one.</param>
    /// <param name="port">The server's.</param>
    /// <param name="mostAnswerBytes">What a server may send before the driver asks again.</param>
    /// <param name="named">What a failure calls the server: the data source, for where it is stays the operator's.</param>
    /// <param name="ct">Ends the attempt.</param>
    /// <exception cref="SyncFailureException">A key of <c>errors.connection.*</c>.</exception>
    public static async Task<OdbcRelay> DialAsync(IReadOnlyList<IPAddress> vetted, int port, long mostAnswerBytes, string named, CancellationToken ct)
    {
        var turns = new DialTurns(vetted.Count, TimeProvider.System);
        for (var i = 0; ; i++)
        {
            var server = new IPEndPoint(vetted[i], port);
            try
            {
                return new OdbcRelay(server, await EgressDial.DialBlockingAsync(server, ct), mostAnswerBytes);
            }
            catch (Exception e) when (e is SocketException or TimeoutException)
            {
                if (turns.IsLast(i)) throw new SyncFailureException(SyncFailure.Transient(Key(e), ("host", named), ("port", "ODBC")), e);
            }
        }
    }

    private static string Key(Exception e) => e switch
    {
        SocketException { SocketErrorCode: SocketError.ConnectionRefused } => "errors.connection.refused",
        TimeoutException or SocketException { SocketErrorCode: SocketError.TimedOut } => "errors.connection.timeout",
        _ => "errors.connection.unreachable",
    };

    protected override async Task PassOnAsync(Socket driver)
    {
        Socket? server = null;
        Task asking = Task.CompletedTask, answering = Task.CompletedTask;
        try
        {
            driver.NoDelay = true;
            server = await ReachAsync();
            var answered = new Answered();
            (asking, answering) = (OnThread(() => Ask(driver, server, answered)), OnThread(() => Answer(server, driver, answered)));
            await await Task.WhenAny(asking, answering).WaitAsync(End);
            driver.Shutdown(SocketShutdown.Both);
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException or TimeoutException)
        {
            // whichever side broke off, the other learns it by the same
            driver.LingerState = new LingerOption(true, 0);
        }
        finally
        {
            driver.Dispose();
            server?.Dispose();
            await Task.WhenAll(asking, answering).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private static void Ask(Socket driver, Socket server, Answered answered)
    {
        var room = new byte[Buffer / 4];
        while (driver.Receive(room) is > 0 and var read)
        {
            Interlocked.Exchange(ref answered.Bytes, 0);
            server.Send(room.AsSpan(0, read));
        }
    }

    /// <summary>
    /// Blocks, as <see cref="Ask"/> does: to wake a thread of the pool for each piece costs more than all that the driver does with it. A server sends its rows in pieces of some
    /// kilobytes; those of a long answer are joined, for to be woken for each costs this thread and the driver's more than to pass it on.
    /// </summary>
    private void Answer(Socket server, Socket driver, Answered answered)
    {
        var room = new byte[Buffer];
        while (server.Receive(room) is > 0 and var read)
        {
            if (read < room.Length / 2 && Interlocked.Read(ref answered.Bytes) + read > LongAnswer) read += Joined(server, room.AsSpan(read));
            if (Interlocked.Add(ref answered.Bytes, read) > _mostAnswerBytes)
            {
                _isOverfull = true;
                throw new OperationCanceledException();
            }

            driver.Send(room.AsSpan(0, read));
        }
    }

    /// <summary>What came behind a piece within a moment; 0 where nothing did.</summary>
    private static int Joined(Socket server, Span<byte> room)
    {
        NativeSleep.Micro(Pause);
        return server.Available > 0 ? server.Receive(room) : 0;
    }

    /// <summary>On a thread of its own, which ends when either socket is closed.</summary>
    private static Task OnThread(Action passOn) => Task.Factory.StartNew(
        () =>
        {
            Thread.CurrentThread.Name = ThreadName;
            passOn();
        },
        CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    /// <summary>What a server has sent since it was asked something.</summary>
    private sealed class Answered
    {
        public long Bytes;
    }
}
