using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using DataSync.Extract;
using DataSync.Extract.Connectors.SqlServer;
using DataSync.Extract.Connectors.SqlServer.Relay;
using DataSync.Pipeline.Connectors;
using DataSync.Platform.Http.Egress;
using Microsoft.Extensions.Options;

namespace DataSync.IntegrationTests.Extract.SqlServer;

/// <summary>
/// What a SQL Server says, as far as its protocol goes: prelogin, TLS, login, and answers to statements that a test gives. The real driver reads it, so what is tested is everything but the
/// server's own understanding of SQL.
/// </summary>
internal sealed class TdsServer : IAsyncDisposable
{
    /// <summary>What <see cref="Connection"/> logs in with, and asks for.</summary>
    public const string Reader = "reader", Password = "pw-of-the-reader", Database = "d";

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _end = new();
    private readonly ConcurrentQueue<string> _asked = new();

    public TdsServer(bool listens = true)
    {
        _listener.Start();
        Port = ((IPEndPoint)_listener.LocalEndpoint).Port;
        if (listens) _ = AcceptAsync();
    }

    public int Port { get; }

    /// <summary>Texts of all statements so far, that of a procedure with whatever else the call holds.</summary>
    public IReadOnlyCollection<string> Asked => _asked;

    /// <summary>Requests to stop.</summary>
    public int Attentions { get; private set; }

    /// <summary>What the last login held: version and everything else.</summary>
    public byte[] Login { get; private set; } = [];

    public X509Certificate2? Certificate { get; init; }

    /// <summary>TLS comes first, as in TDS 8; else within the prelogin, where there is a certificate.</summary>
    public bool IsStrict { get; init; } = true;

    /// <summary>Lets in only who shows a certificate, whichever.</summary>
    public bool WantsCertificate { get; init; }

    /// <summary>Thumbprint of the certificate that was shown last; null where none was.</summary>
    public string? Shown { get; private set; }

    public SslProtocols Protocols { get; init; } = SslProtocols.Tls12 | SslProtocols.Tls13;

    /// <summary>The value of the encryption option; null for the one that fits.</summary>
    public byte? Encryption { get; init; }

    public Func<TdsAnswer> OnLogin { get; init; } = () => new TdsAnswer().Environment().LoginAck().Done();

    /// <summary>What the probe of privileges finds.</summary>
    public string[] Findings { get; init; } = [];

    /// <summary>Snapshots are allowed.</summary>
    public bool HasSnapshots { get; init; } = true;

    /// <summary>The answer to a statement of neither session nor probe; null to say nothing at all.</summary>
    public Func<string, TdsAnswer?> OnStatement { get; init; } = static _ => new TdsAnswer().Columns(TdsColumn.Int("a")).Row(TdsValue.Int(1)).Done(1);

    /// <summary>Answers by itself, whatever it likes.</summary>
    public Func<string, Stream, CancellationToken, Task>? OnStream { get; init; }

    /// <summary>Acknowledges requests to stop.</summary>
    public bool Stops { get; init; } = true;

    public static SqlServerConnector Connector(bool allowWritable = false, string egress = "127.0.0.0/8,::1/128", string tlsExceptions = "127.0.0.1,localhost") => new(
        new EgressPolicy(Options.Create(new EgressOptions { Allow = egress }), static async (host, ct) => await Dns.GetHostAddressesAsync(host, ct)),
        Options.Create(new ExtractOptions { TlsExceptions = tlsExceptions, AllowWritableSources = allowWritable }),
        TimeProvider.System);

    public SourceConnection Connection(string tls = "disable", string host = "127.0.0.1", params ReadOnlySpan<(string Name, string Value)> more)
    {
        var parameters = JsonSerializer.SerializeToNode(new { driver = "sqlserver", host, port = Port, database = Database, username = Reader, password = Password, tls })!.AsObject();
        foreach (var (name, value) in more) parameters[name] = value;
        return new SourceConnection("sqlserver", JsonSerializer.SerializeToElement(parameters));
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        _listener.Stop();
    }

    private async Task AcceptAsync()
    {
        while (!_end.IsCancellationRequested)
        {
            try
            {
                _ = ServeAsync(await _listener.AcceptSocketAsync(_end.Token));
            }
            catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
            {
                return;
            }
        }
    }

    private async Task ServeAsync(Socket socket)
    {
        try
        {
            using (socket) await ServeAsync(new NetworkStream(socket, ownsSocket: true));
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or SocketException or ObjectDisposedException or AuthenticationException or InvalidDataException)
        {
            // the other side left, or was refused
        }
    }

    private async Task ServeAsync(Stream stream)
    {
        if (Certificate is not null && IsStrict) stream = await SecureAsync(stream);
        var (type, _) = await TdsPackets.ReadAsync(stream, 4096, _end.Token);
        if (type != 0x12) return;
        var within = Certificate is not null && !IsStrict;
        await WriteAsync(stream, [0, 0, 11, 0, 6, 1, 0, 17, 0, 1, 255, 16, 0, 4, 1, 0, 0, Encryption ?? (byte)(within ? 1 : 2)]);
        if (within)
        {
            var handshake = new HandshakeStream(stream);
            stream = await SecureAsync(handshake);
            handshake.Agreed();
        }

        (_, Login) = await TdsPackets.ReadAsync(stream, 1 << 20, _end.Token);
        await WriteAsync(stream, OnLogin().ToArray());
        var stopped = new CancellationTokenSource();
        var answering = Task.CompletedTask;
        while (true)
        {
            var (kind, content) = await TdsPackets.ReadAsync(stream, 1 << 24, _end.Token);
            if (kind == 6)
            {
                Attentions++;
                if (!Stops) continue;
                await stopped.CancelAsync();
                await answering.WaitAsync(_end.Token).ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
                await WriteAsync(stream, new TdsAnswer().Done(status: 0x20).ToArray());
                continue;
            }

            stopped = new CancellationTokenSource();
            answering = AnswerAsync(kind == 1 ? Encoding.Unicode.GetString(content.AsSpan(BitConverter.ToInt32(content))) : Encoding.Unicode.GetString(content) + Encoding.Unicode.GetString(content.AsSpan(1)), stream, stopped.Token);
        }
    }

    private async Task AnswerAsync(string sql, Stream stream, CancellationToken stopped)
    {
        _asked.Enqueue(sql);
        if (sql.Contains("snapshot_isolation_state", StringComparison.Ordinal))
            await WriteAsync(stream, new TdsAnswer().Columns(TdsColumn.TinyInt("s")).Row(TdsValue.Byte(HasSnapshots ? (byte)1 : (byte)0)).Done(1).ToArray());
        else if (sql.Contains("TRANSACTION ISOLATION", StringComparison.Ordinal)) await WriteAsync(stream, new TdsAnswer().Done(status: 0).ToArray());
        else if (sql.Contains("fn_my_permissions", StringComparison.Ordinal))
        {
            var answer = new TdsAnswer().Columns(TdsColumn.NVarChar("finding"));
            foreach (var finding in Findings) answer.Row(TdsValue.Text(finding));
            await WriteAsync(stream, answer.Done(Findings.Length).ToArray());
        }
        else if (OnStream is not null) await OnStream(sql, stream, stopped);
        else if (OnStatement(sql) is { } answer) await WriteAsync(stream, answer.ToArray());
    }

    private async Task<SslStream> SecureAsync(Stream stream)
    {
        var secure = new SslStream(stream);
        await secure.AuthenticateAsServerAsync(
            new SslServerAuthenticationOptions
            {
                ServerCertificate = Certificate,
                EnabledSslProtocols = Protocols,
                ApplicationProtocols = IsStrict ? [new SslApplicationProtocol("tds/8.0")] : null,
                ClientCertificateRequired = WantsCertificate,
                RemoteCertificateValidationCallback = (_, shown, _, _) =>
                {
                    Shown = shown?.GetCertHashString();
                    return !WantsCertificate || shown is not null;
                },
            },
            _end.Token);
        return secure;
    }

    private static Task WriteAsync(Stream stream, byte[] content) => stream.WriteAsync(TdsAnswer.Packets(4, content)).AsTask();
}
