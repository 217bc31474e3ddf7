using System.Buffers.Binary;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using DataSync.Extract.Connectors.Network;
using DataSync.Extract.Connectors.Network.Relay;
using DataSync.Pipeline.Failures;
using DataSync.Platform.Http.Egress;

namespace DataSync.Extract.Connectors.MySql.Relay;

/// <summary>
/// Agrees on TLS with a server in the driver's place. The driver lets nobody say how a certificate's chain is built, and what is missing of one would be fetched from where the
/// server's certificate says, past the egress guard. So it speaks TLS with this, and this with the server, as with every other database; what they say passes as it is. It is also the
/// one place where a message that never ends can be told from one that is large: the driver would put all of it together in memory before it looks. For that, a server without TLS is
/// reached through it too.
/// </summary>
internal sealed class MySqlRelay : LoopbackRelay
{
    private const int HeadBytes = 4, RequestBytes = 32, LargestGreeting = 16 * 1024, Buffer = 64 * 1024, LargestMegabytes = 256;
    private const uint WantsTls = 0x800;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly ServerParameters _source;
    private readonly bool _isNear;
    private ServerTls? _tls;
    private Task _first = Task.CompletedTask;

    private MySqlRelay(ServerParameters source, ServerTls tls, IPEndPoint server, Socket first) : base(server, first)
    {
        (_source, _tls, _isNear) = (source, tls, IPAddress.IsLoopback(server.Address));
        _ = AcceptAsync();
    }

    /// <summary>What was wrong with the server while the first session was made, or what it sent there that was too much: the driver sees no more of it than that its relay ends.</summary>
    public Exception? Failure { get; private set; }

    /// <summary>Dials a vetted address, and waits for the driver.</summary>
    /// <exception cref="SocketException">It did not answer.</exception>
    /// <exception cref="TimeoutException">Not for ten seconds.</exception>
    public static async Task<MySqlRelay> DialAsync(ServerParameters source, ServerTls tls, IPAddress address, CancellationToken ct)
    {
        var server = new IPEndPoint(address, source.Port);
        return new MySqlRelay(source, tls, server, await EgressDial.DialAsync(server, ct));
    }

    /// <summary>Ends once the server has had the driver's farewell, or does not take it.</summary>
    public async Task EndAsync(TimeSpan patience, TimeProvider time)
    {
        await Task.WhenAny(_first, Task.Delay(patience, time, CancellationToken.None));
        Dispose();
    }

    protected override Task PassOnAsync(Socket driver)
    {
        var tls = Interlocked.Exchange(ref _tls, null);
        var passing = PassOnAsync(driver, tls ?? new ServerTls(_source), isFirst: tls is not null);
        return tls is null ? passing : _first = passing;
    }

    private async Task PassOnAsync(Socket accepted, ServerTls tls, bool isFirst)
    {
        accepted.NoDelay = true;
        await using var raw = new NetworkStream(accepted, ownsSocket: true);
        Task asking = Task.CompletedTask, answering = Task.CompletedTask;
        try
        {
            using var reached = await ReachAsync();
            reached.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
            await using var plain = new NetworkStream(reached);
            var (driver, server) = _source.Tls == TlsMode.Disable ? await IntroduceAsync(raw, plain, isFirst) : await AgreeAsync(raw, plain, tls, isFirst);
            await using (driver)
            await using (server)
            {
                (asking, answering) = (driver.CopyToAsync(server, Buffer, End), AnswerAsync(server, driver, isFirst));
                await await Task.WhenAny(asking, answering);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or IOException or ObjectDisposedException or TimeoutException or AuthenticationException or InvalidDataException or SyncFailureException)
        {
            // whichever side broke off, the other's connection ends as well
        }

        await Task.WhenAll(asking, answering).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task AnswerAsync(Stream server, Stream driver, bool isFirst)
    {
        var room = new byte[Buffer];
        var messages = new MySqlMessages(LargestMegabytes * 1024L * 1024);
        while (await server.ReadAsync(room, End) is > 0 and var read)
        {
            if (!messages.Pass(room.AsSpan(0, read)))
            {
                var failure = new SyncFailureException(SyncFailure.Permanent("errors.extraction.odbc_answer", ("limit", LargestMegabytes)));
                if (isFirst) Failure = failure;
                throw failure;
            }

            await driver.WriteAsync(room.AsMemory(0, read), End);
        }
    }

    /// <summary>The server's greeting and the driver's wish for TLS pass as they are; after that each side gets its own.</summary>
    private async Task<(Stream Driver, Stream Server)> AgreeAsync(NetworkStream driver, NetworkStream server, ServerTls tls, bool isFirst)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(End);
        limit.CancelAfter(Patience);
        await driver.WriteAsync(await OfServerAsync(() => ReadAsync(server, LargestGreeting, limit.Token), isFirst), limit.Token);
        var request = await ReadAsync(driver, RequestBytes, limit.Token);
        if (request.Length != HeadBytes + RequestBytes || (BinaryPrimitives.ReadUInt32LittleEndian(request.AsSpan(HeadBytes)) & WantsTls) == 0) throw new InvalidDataException("A login without TLS.");

        // whoever is not this process' driver gets no further, and the server hears nothing of it
        var secured = await RelayTls.AnswerAsync(driver, SslProtocols.Tls13, mustShow: true, limit.Token);
        try
        {
            await server.WriteAsync(request, limit.Token);
            return (secured, await OfServerAsync(() => SecureAsync(server, tls, limit.Token), isFirst));
        }
        catch
        {
            await secured.DisposeAsync();
            throw;
        }
    }

    /// <summary>
    /// Without TLS the login passes packet by packet. The driver takes what it dials for a loopback, where nobody stands in between, and would show its password there; whether that is so is known here alone.
    /// </summary>
    private async Task<(Stream Driver, Stream Server)> IntroduceAsync(NetworkStream driver, NetworkStream server, bool isFirst)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(End);
        limit.CancelAfter(Patience);
        await driver.WriteAsync(await OfServerAsync(() => ReadAsync(server, LargestGreeting, limit.Token), isFirst), limit.Token);
        await server.WriteAsync(await ReadAsync(driver, LargestGreeting, limit.Token), limit.Token);
        for (var step = LoginStep.Asks; step != LoginStep.Ends;)
        {
            (var packet, step) = await OfServerAsync(() => StepAsync(server, limit.Token), isFirst);
            await driver.WriteAsync(packet, limit.Token);
            if (step == LoginStep.Asks) await server.WriteAsync(await ReadAsync(driver, LargestGreeting, limit.Token), limit.Token);
        }

        return (driver, server);
    }

    private async Task<(byte[] Packet, LoginStep Step)> StepAsync(NetworkStream server, CancellationToken ct)
    {
        var packet = await ReadAsync(server, LargestGreeting, ct);
        return PlainLogin.Step(packet.AsSpan(HeadBytes), mayShow: _isNear) is { } step
            ? (packet, step)
            : throw new SyncFailureException(SyncFailure.Permanent("errors.connection.authentication", ("host", _source.Host), ("port", _source.Port)));
    }

    /// <summary>Keeps what is wrong with the server before the driver sees the end of it.</summary>
    private async Task<T> OfServerAsync<T>(Func<Task<T>> step, bool isFirst)
    {
        try
        {
            return await step();
        }
        catch (Exception e) when (isFirst && !End.IsCancellationRequested)
        {
            Failure = e switch
            {
                OperationCanceledException => new TimeoutException(null, e),
                InvalidDataException => new SyncFailureException(SyncFailure.Permanent("errors.connection.protocol", ("host", _source.Host), ("port", _source.Port)), e),
                _ => e,
            };
            throw;
        }
    }

    private static async Task<SslStream> SecureAsync(NetworkStream server, ServerTls tls, CancellationToken ct)
    {
        var options = EgressTls.Options();
        tls.Apply(options);
        var secured = new SslStream(server);
        try
        {
            await secured.AuthenticateAsClientAsync(options, ct);
            return secured;
        }
        catch
        {
            await secured.DisposeAsync();
            throw;
        }
    }

    /// <summary>One packet with its head, and not a byte beyond it: what follows in the clear would pass for what TLS protects.</summary>
    private static async Task<byte[]> ReadAsync(NetworkStream from, int most, CancellationToken ct)
    {
        var head = new byte[HeadBytes];
        await from.ReadExactlyAsync(head, ct);
        var length = head[0] | (head[1] << 8) | (head[2] << 16);
        if (length > most) throw new InvalidDataException("A longer packet than is due.");
        var packet = new byte[HeadBytes + length];
        head.CopyTo(packet, 0);
        await from.ReadExactlyAsync(packet.AsMemory(HeadBytes), ct);
        return packet;
    }
}
