using System.Buffers.Binary;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Text;
using DataSync.Extract.Connectors.Network;
using DataSync.Extract.Connectors.Network.Relay;
using DataSync.Pipeline.Failures;
using DataSync.Platform.Http.Egress;

namespace DataSync.Extract.Connectors.SqlServer.Relay;

/// <summary>
/// Stands between the driver and a server. The driver dials what a server names, trusts whom the machine trusts and tells nobody which TLS it got; so it gets
/// one loopback port, and this dials the vetted address, agrees on TLS as for every other database, and looks through the answer to the login. Towards the driver it speaks TLS of its
/// own, a packet to a record: the driver misreads long texts where what it reads at once ends within a packet, as without TLS it does.
/// </summary>
internal sealed class TdsRelay : IDisposable
{
    private const int LargestPrelogin = 4096, LargestLogin = 128 * 1024, LargestAnswer = 256 * 1024, Buffer = 64 * 1024;

    /// <summary>What fits into one record of TLS.</summary>
    private const int LargestPacket = 16 * 1024;

    private const uint Tds8 = 0x08000000;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private static readonly SslApplicationProtocol Protocol = new("tds/8.0");

    private readonly ServerParameters _source;
    private readonly ServerTls _tls;
    private readonly Socket _socket;
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _end = new();
    private Stream _server;

    private TdsRelay(ServerParameters source, ServerTls tls, Socket socket)
    {
        (_source, _tls, _socket) = (source, tls, socket);
        _server = new NetworkStream(socket, ownsSocket: true);
    }

    /// <summary>The driver's port on the loopback address; it may connect once.</summary>
    public int Port { get; private set; }

    /// <summary>What the driver's login must hold, so that nobody else of this machine is let through.</summary>
    public string Mark { get; } = RandomNumberGenerator.GetHexString(32);

    /// <summary>Ends with the connection; fails with what was wrong while it was made.</summary>
    public Task Running { get; private set; } = Task.CompletedTask;

    private bool BeginsWithTls => _source is { Tls: not TlsMode.Disable, AllowsTls12: false };

    /// <summary>Dials a vetted address, where TLS comes first agrees on it, and waits for the driver.</summary>
    /// <exception cref="SyncFailureException">A key of <c>errors.connection.*</c>.</exception>
    public static async Task<TdsRelay> DialAsync(ServerParameters source, ServerTls tls, IPAddress address, CancellationToken ct)
    {
        var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        limit.CancelAfter(Patience);
        TdsRelay? relay = null;
        try
        {
            await socket.ConnectAsync(address, source.Port, limit.Token);
            relay = new TdsRelay(source, tls, socket);
            if (relay.BeginsWithTls) await relay.SecureAsync(relay._server, limit.Token);
            relay.Listen();
            return relay;
        }
        catch (Exception e)
        {
            relay?.Dispose();
            socket.Dispose();
            ct.ThrowIfCancellationRequested();
            if (e is OperationCanceledException) e = new TimeoutException(null, e);
            if (SqlServerErrors.IsKnown(e)) throw SqlServerErrors.Map(e, source, opening: true);
            throw;
        }
    }

    /// <summary>Ends both connections at once.</summary>
    public void Dispose()
    {
        _end.Cancel();
        _listener.Dispose();
        _server.Dispose();
        _socket.Dispose();
    }

    private void Listen()
    {
        _listener.Start(1);
        Port = ((IPEndPoint)_listener.LocalEndpoint).Port;
        Running = Task.Run(RunAsync, CancellationToken.None);

        // whoever opens looks at it; afterwards a connection simply ends
        _ = Running.ContinueWith(static r => r.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
    }

    private async Task RunAsync()
    {
        try
        {
            using var accepted = await _listener.AcceptSocketAsync(_end.Token);
            _listener.Dispose();
            accepted.NoDelay = true;
            await using var raw = new NetworkStream(accepted);
            Stream driver;
            using (var limit = CancellationTokenSource.CreateLinkedTokenSource(_end.Token))
            {
                limit.CancelAfter(Patience);
                try
                {
                    driver = await IntroduceAsync(raw, limit.Token);
                    await LogInAsync(driver, limit.Token);
                }
                catch (OperationCanceledException e) when (!_end.IsCancellationRequested)
                {
                    throw new TimeoutException(null, e);
                }
            }

            await PassOnAsync(driver);
        }
        finally
        {
            Dispose();
        }
    }

    /// <summary>The prelogin, in which each side hears of encryption what concerns it, and TLS where it is agreed on there.</summary>
    private async Task<Stream> IntroduceAsync(NetworkStream driver, CancellationToken ct)
    {
        var hello = await ExpectAsync(driver, TdsPackets.Prelogin, LargestPrelogin, ct);
        var within = _source.Tls != TlsMode.Disable && !BeginsWithTls;
        Prelogin.Write(hello, within ? Prelogin.On : Prelogin.NotSupported);
        await _server.WriteAsync(TdsPackets.Write(TdsPackets.Prelogin, hello), ct);
        var answer = await ExpectAsync(_server, TdsPackets.Answer, LargestPrelogin, ct);
        var said = Prelogin.Read(answer);
        if (within ? said is not (Prelogin.On or Prelogin.Required) : _source.Tls == TlsMode.Disable && said == Prelogin.Required) throw Failed("errors.connection.tls", null);
        if (within) await SecureAsync(new HandshakeStream(_server), ct);
        Prelogin.Write(answer, Prelogin.On);
        await driver.WriteAsync(TdsPackets.Write(TdsPackets.Answer, answer), ct);
        var handshake = new HandshakeStream(driver);
        var secured = await RelayTls.AnswerAsync(handshake, SslProtocols.Tls12, mustShow: false, ct); // its login holds the mark
        handshake.Agreed();
        return secured;
    }

    private async Task LogInAsync(Stream driver, CancellationToken ct)
    {
        var login = await ExpectAsync(driver, TdsPackets.Login, LargestLogin, ct);
        if (login.AsSpan().IndexOf(Encoding.Unicode.GetBytes(Mark)) < 0) throw new InvalidDataException("Somebody else's login.");
        if (BeginsWithTls) BinaryPrimitives.WriteUInt32LittleEndian(login.AsSpan(4), Tds8);
        await _server.WriteAsync(TdsPackets.Write(TdsPackets.Login, login), ct);
        var answer = LoginAnswer.Check(await ExpectAsync(_server, TdsPackets.Answer, LargestAnswer, ct), out var redirects);
        if (redirects) throw Failed("errors.connection.redirected", null);
        await driver.WriteAsync(TdsPackets.Write(TdsPackets.Answer, answer), ct);
    }

    /// <summary>Hands on what comes, either way, until one side ends. A server that was not asked anything yet is not listened to.</summary>
    private async Task PassOnAsync(Stream driver)
    {
        var buffer = new byte[Buffer];
        var first = await driver.ReadAsync(buffer, _end.Token);
        if (first == 0) return;
        await _server.WriteAsync(buffer.AsMemory(0, first), _end.Token);
        await await Task.WhenAny(driver.CopyToAsync(_server, Buffer, _end.Token), PassPacketsAsync(driver));
    }

    /// <summary>What the server says, packet by packet.</summary>
    private async Task PassPacketsAsync(Stream driver)
    {
        var buffer = new byte[Buffer];
        for (var held = 0; ;)
        {
            var read = await _server.ReadAsync(buffer.AsMemory(held), _end.Token);
            if (read == 0) return;
            held += read;
            var at = 0;
            while (held - at >= TdsPackets.HeaderBytes && BinaryPrimitives.ReadUInt16BigEndian(buffer.AsSpan(at + 2)) is var length)
            {
                if (length is < TdsPackets.HeaderBytes or > LargestPacket) throw new InvalidDataException("No packet of TDS.");
                if (held - at < length) break;
                await driver.WriteAsync(buffer.AsMemory(at, length), _end.Token);
                at += length;
            }

            buffer.AsSpan(at, held - at).CopyTo(buffer);
            held -= at;
        }
    }

    private async Task SecureAsync(Stream raw, CancellationToken ct)
    {
        var options = EgressTls.Options();
        _tls.Apply(options);
        if (BeginsWithTls) options.ApplicationProtocols = [Protocol];
        else options.EnabledSslProtocols = SslProtocols.Tls12; // after 1.3's handshake messages of TLS would still come, which a packet would have to hold
        var stream = new SslStream(raw);
        try
        {
            await stream.AuthenticateAsClientAsync(options, ct);
        }
        catch (Exception e) when (BeginsWithTls && e is IOException or AuthenticationException && !_tls.Seen().ContainsKey("peer"))
        {
            throw Failed("errors.connection.tds8", e);
        }

        (raw as HandshakeStream)?.Agreed();
        _server = stream;
    }

    private static async Task<byte[]> ExpectAsync(Stream from, byte type, int most, CancellationToken ct)
    {
        var (found, content) = await TdsPackets.ReadAsync(from, most, ct);
        return found == type ? content : throw new InvalidDataException("Another message than the one that is due.");
    }

    private SyncFailureException Failed(string key, Exception? inner) => new(SyncFailure.Permanent(key, ("host", _source.Host), ("port", _source.Port)), inner);
}
