using System.Net;
using System.Security.Authentication;
using DataSync.Extract.Connectors.Network;
using DataSync.Pipeline.Failures;
using DataSync.Platform.Http.Egress;
using MySqlConnector;

namespace DataSync.Extract.Connectors.MySql;

/// <summary>The one way to a tenant's MySQL: the name is resolved once, every address vetted, and the driver gets nothing but a vetted address.</summary>
internal sealed class MySqlGate(EgressPolicy egress, TimeProvider time)
{
    private const uint ConnectSeconds = 10;

    /// <summary>The driver's own limit does not hold for a server that trickles.</summary>
    private static readonly TimeSpan Opening = TimeSpan.FromSeconds(ConnectSeconds + 1);

    /// <summary>Opens a connection of its own, so that nothing of one tenant's session is left for another.</summary>
    public async Task<MySqlSession> OpenAsync(ServerParameters source, TimeSpan statementTimeout, CancellationToken ct)
        => await OpenAsync(source, await egress.VetAsync(source.Host, source.Port, ct), statementTimeout, time, ct);

    /// <summary>Opens a connection to the first of the vetted addresses that answers.</summary>
    public static async Task<MySqlSession> OpenAsync(ServerParameters source, IReadOnlyList<IPAddress> vetted, TimeSpan statementTimeout, TimeProvider time, CancellationToken ct)
    {
        for (var i = 0; ; i++)
        {
            var tls = new ServerTls(source);
            var connection = Build(source, tls, vetted[i], statementTimeout);
            var patience = new ServerPatience(Opening, time);
            try
            {
                await patience.WaitAsync(token => DialAsync(connection, token), ct);
                return new MySqlSession(connection, source, tls, statementTimeout);
            }
            catch (Exception e) when (MySqlErrors.IsKnown(e) || e is NotSupportedException)
            {
                await patience.EndAsync(async () => await connection.DisposeAsync());
                ct.ThrowIfCancellationRequested();
                var failure = await NameAsync(e, source, vetted[i], ct);
                if (failure.Failure.Kind != FailureKind.Transient || i == vetted.Count - 1) throw failure;
            }
            catch
            {
                await patience.EndAsync(async () => await connection.DisposeAsync());
                throw;
            }
        }
    }

    private static async Task<bool> DialAsync(MySqlConnection connection, CancellationToken ct)
    {
        await connection.OpenAsync(ct);
        return true;
    }

    /// <summary>The driver says of a server it does not reach only that it does not; dialling it once more says why.</summary>
    private static async Task<SyncFailureException> NameAsync(Exception e, ServerParameters source, IPAddress address, CancellationToken ct)
    {
        if (e is not MySqlException { ErrorCode: MySqlErrorCode.UnableToConnectToHost, InnerException: null }) return MySqlErrors.Map(e, source, opening: true);
        try
        {
            await ServerReach.DialAsync(source, [address], ct);
            return MySqlErrors.Map(e, source, opening: true);
        }
        catch (SyncFailureException named)
        {
            return named;
        }
    }

    private static MySqlConnection Build(ServerParameters source, ServerTls tls, IPAddress address, TimeSpan statementTimeout)
    {
        var settings = new MySqlConnectionStringBuilder
        {
            Server = address.ToString(),
            Port = (uint)source.Port,
            Database = source.Database,
            UserID = source.Username,
            Password = source.Password,
            ApplicationName = "datasync",
            ConnectionProtocol = MySqlConnectionProtocol.Sockets,
            Pooling = false,
            AutoEnlist = false,
            ConnectionTimeout = ConnectSeconds,
            DefaultCommandTimeout = (uint)Math.Min(statementTimeout.TotalSeconds + 5, int.MaxValue / 2000),
            CancellationTimeout = 1,
            Keepalive = 30,
            UseCompression = false,
            PersistSecurityInfo = false,

            // nothing the server asks of the client: no file, no other server, no password in the clear without TLS
            AllowLoadLocalInfile = false,
            AllowPublicKeyRetrieval = false,
            ServerRedirectionMode = MySqlServerRedirectionMode.Disabled,

            // only statements of ours name variables; a tenant's text never reaches the driver's parser that way
            AllowUserVariables = true,

            // values as they are
            AllowZeroDateTime = true,
            ConvertZeroDateTime = false,
            TreatTinyAsBoolean = false,
            GuidFormat = MySqlGuidFormat.None,
            SslMode = source.Tls == TlsMode.Disable ? MySqlSslMode.None : MySqlSslMode.Required, // how far to trust is judged by ServerTls
        };
        if (source.Tls != TlsMode.Disable) settings.TlsVersion = tls.Protocols == SslProtocols.Tls13 ? "TLS 1.3" : "TLS 1.2, TLS 1.3";
        var connection = new MySqlConnection(settings.ConnectionString);
        if (source.Tls == TlsMode.Disable) return connection;
        connection.RemoteCertificateValidationCallback = tls.Judge;

        // asked for a certificate, the driver takes the first of those it was given, and fails where there is none
        if (tls.ClientCertificates() is { } own) connection.ProvideClientCertificatesCallback = certificates => { certificates.AddRange(own); return ValueTask.CompletedTask; };
        return connection;
    }
}
