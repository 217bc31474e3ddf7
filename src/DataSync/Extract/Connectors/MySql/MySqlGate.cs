using System.Net;
using DataSync.Extract.Connectors.MySql.Relay;
using DataSync.Extract.Connectors.Network;
using DataSync.Extract.Connectors.Network.Relay;
using DataSync.Pipeline.Failures;
using DataSync.Platform.Http.Egress;
using MySqlConnector;

namespace DataSync.Extract.Connectors.MySql;

/// <summary>The one way to a tenant's MySQL: the name is resolved once, every address vetted, and the driver gets nothing but a relay of ours that dials a vetted address.</summary>
internal sealed class MySqlGate(EgressPolicy egress, TimeProvider time)
{
    private const uint ConnectSeconds = 10;

    /// <summary>The driver's own limit does not hold for a server that trickles.</summary>
    private static readonly TimeSpan Opening = TimeSpan.FromSeconds(ConnectSeconds + 1);

    /// <summary>Opens a connection of its own, so that nothing of one tenant's session is left for another.</summary>
    public async Task<MySqlSession> OpenAsync(ServerParameters source, TimeSpan statementTimeout, CancellationToken ct)
        => await OpenAsync(source, await egress.VetAsync(source.Host, source.Port, ct), statementTimeout, time, ct);

    /// <summary>Opens a connection to the first of the vetted addresses that answers.</summary>
    /// <param name="source">The server.</param>
    /// <param name="vetted">At least one.</param>
    /// <param name="statementTimeout">Of each statement.</param>
    /// <param name="time">The clock.</param>
    /// <param name="ct">Gives up.</param>
    /// <param name="begins">Hears of the TLS of each attempt.</param>
    public static async Task<MySqlSession> OpenAsync(
        ServerParameters source, IReadOnlyList<IPAddress> vetted, TimeSpan statementTimeout, TimeProvider time, CancellationToken ct, Action<ServerTls>? begins = null)
    {
        var turns = new DialTurns(vetted.Count, time);
        for (var i = 0; ; i++)
        {
            var tls = new ServerTls(source);
            begins?.Invoke(tls);
            MySqlRelay? relay = null;
            try
            {
                relay = await MySqlRelay.DialAsync(source, tls, vetted[i], ct);
                return new MySqlSession(await OpenAsync(Build(source, relay, statementTimeout), relay, time, ct), relay, source, statementTimeout, time);
            }
            catch (Exception e) when (MySqlErrors.IsKnown(e) || e is NotSupportedException)
            {
                ct.ThrowIfCancellationRequested();
                var failure = MySqlErrors.Map(relay?.Failure ?? e, source, opening: true);
                if (failure.Failure.Kind != FailureKind.Transient || turns.IsLast(i)) throw failure;
            }
        }
    }

    private static async Task<MySqlConnection> OpenAsync(MySqlConnection connection, MySqlRelay relay, TimeProvider time, CancellationToken ct)
    {
        var patience = new ServerPatience(Opening, time);
        try
        {
            await patience.WaitAsync(token => DialAsync(connection, token), ct);
            return connection;
        }
        catch
        {
            relay.Dispose();
            await patience.EndAsync(async () => await connection.DisposeAsync());
            throw;
        }
    }

    private static async Task<bool> DialAsync(MySqlConnection connection, CancellationToken ct)
    {
        await connection.OpenAsync(ct);
        return true;
    }

    private static MySqlConnection Build(ServerParameters source, MySqlRelay relay, TimeSpan statementTimeout)
    {
        var settings = new MySqlConnectionStringBuilder
        {
            Server = IPAddress.Loopback.ToString(),
            Port = (uint)relay.Port,
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
            SslMode = source.Tls == TlsMode.Disable ? MySqlSslMode.None : MySqlSslMode.Required,
        };
        if (source.Tls == TlsMode.Disable) return new MySqlConnection(settings.ConnectionString);

        // TLS with the relay, which has its own with the server: that is judged by ServerTls
        settings.TlsVersion = "TLS 1.3";
        return new MySqlConnection(settings.ConnectionString)
        {
            RemoteCertificateValidationCallback = RelayTls.IsOwn,
            ProvideClientCertificatesCallback = static shown => { shown.Add(RelayTls.Certificate); return ValueTask.CompletedTask; },
        };
    }
}
