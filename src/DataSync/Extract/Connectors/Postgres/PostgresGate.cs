using System.Net;
using DataSync.Extract.Connectors.Network;
using DataSync.Pipeline.Failures;
using DataSync.Platform.Http.Egress;
using Npgsql;

namespace DataSync.Extract.Connectors.Postgres;

/// <summary>The one way to a tenant's PostgreSQL: the name is resolved once, every address vetted, and the driver gets nothing but a vetted address.</summary>
internal sealed class PostgresGate(EgressPolicy egress, TimeProvider time)
{
    private const int ConnectSeconds = 10;

    /// <summary>The driver's own limit begins anew with each byte that it gets.</summary>
    private static readonly TimeSpan Opening = TimeSpan.FromSeconds(ConnectSeconds + 1);

    /// <summary>A session of its own, so that nothing of one tenant's session is left for another.</summary>
    public async Task<PostgresSession> OpenAsync(ServerParameters source, TimeSpan statementTimeout, CancellationToken ct)
        => await OpenAsync(source, await egress.VetAsync(source.Host, source.Port, ct), statementTimeout, time, ct);

    /// <summary>
    /// A session with its transaction begun: one that is idle since the owner's last read where there is one, else one of its own, so that nothing of one tenant's
    /// session is left for another. Its address is vetted anew.
    /// </summary>
    public async Task<PostgresSession> BeginAsync(ServerParameters source, string owner, IdleSessions idle, TimeSpan statementTimeout, ServerPatience patience, CancellationToken ct)
    {
        var vetted = await egress.VetAsync(source.Host, source.Port, ct);
        while (idle.Take(owner, source, vetted, CommandTimeout(statementTimeout)) is { } kept)
        {
            try
            {
                await BeginAsync(kept, statementTimeout, patience, ct);
                return kept;
            }
            catch (Exception e) when (PostgresErrors.IsKnown(e))
            {
                // the server or the network ended it meanwhile
                await patience.EndAsync(async () => await kept.EndAsync());
                ct.ThrowIfCancellationRequested();
            }
            catch
            {
                await patience.EndAsync(async () => await kept.EndAsync());
                throw;
            }
        }

        var session = await OpenAsync(source, vetted, statementTimeout, time, ct);
        try
        {
            await BeginAsync(session, statementTimeout, patience, ct);
            return session;
        }
        catch
        {
            await patience.EndAsync(async () => await session.EndAsync());
            throw;
        }
    }

    private static Task<bool> BeginAsync(PostgresSession session, TimeSpan statementTimeout, ServerPatience patience, CancellationToken ct) => patience.WaitAsync(
        async token =>
        {
            await session.BeginAsync(statementTimeout, token);
            return true;
        },
        ct);

    /// <summary>Opens a connection to the first of the vetted addresses that answers.</summary>
    /// <param name="source">The server.</param>
    /// <param name="vetted">At least one.</param>
    /// <param name="statementTimeout">Of each statement.</param>
    /// <param name="time">The clock.</param>
    /// <param name="ct">Gives up.</param>
    /// <param name="begins">Hears of the TLS of each attempt.</param>
    public static Task<PostgresSession> OpenAsync(
        ServerParameters source, IReadOnlyList<IPAddress> vetted, TimeSpan statementTimeout, TimeProvider time, CancellationToken ct, Action<ServerTls>? begins = null) => DialAsync<PostgresSession>(
        source, vetted, (address, tls) =>
        {
            begins?.Invoke(tls);
            var dataSource = Build(source, tls, address, statementTimeout);
            return (
                async token => new PostgresSession(dataSource, await dataSource.OpenConnectionAsync(token), source, address, CommandTimeout(statementTimeout)),
                dataSource.DisposeAsync);
        }, time, ct);

    /// <summary>Resolves and vets the source's name, and opens a connection of another kind to the first address that answers.</summary>
    /// <param name="source">The server.</param>
    /// <param name="make">Makes the way to open one to an address, and to give it up.</param>
    /// <param name="ct">Ends it.</param>
    public async Task<T> DialAsync<T>(ServerParameters source, Func<IPAddress, ServerTls, (Func<CancellationToken, Task<T>> Open, Func<ValueTask> Abandon)> make, CancellationToken ct)
        => await DialAsync(source, await egress.VetAsync(source.Host, source.Port, ct), make, time, ct);

    private static async Task<T> DialAsync<T>(
        ServerParameters source, IReadOnlyList<IPAddress> vetted, Func<IPAddress, ServerTls, (Func<CancellationToken, Task<T>> Open, Func<ValueTask> Abandon)> make, TimeProvider time,
        CancellationToken ct)
    {
        var turns = new DialTurns(vetted.Count, time);
        for (var i = 0; ; i++)
        {
            var (open, abandon) = make(vetted[i], new ServerTls(source));
            var patience = new ServerPatience(Opening, time);
            try
            {
                return await patience.WaitAsync(open, ct);
            }
            catch (Exception e) when (PostgresErrors.IsKnown(e))
            {
                await patience.EndAsync(async () => await abandon());
                ct.ThrowIfCancellationRequested();
                var failure = PostgresErrors.Map(e, source, opening: true);
                if (failure.Failure.Kind != FailureKind.Transient || turns.IsLast(i)) throw failure;
            }
            catch
            {
                await patience.EndAsync(async () => await abandon());
                throw;
            }
        }
    }

    private static int CommandTimeout(TimeSpan statementTimeout) => (int)Math.Min(statementTimeout.TotalSeconds + 5, int.MaxValue / 2000);

    /// <summary>What every connection to a tenant's server is set to.</summary>
    public static void Set(NpgsqlConnectionStringBuilder settings, ServerParameters source, IPAddress address, TimeSpan statementTimeout)
    {
        settings.Host = address.ToString();
        settings.Port = source.Port;
        settings.Database = source.Database;
        settings.Username = source.Username;
        settings.Password = source.Password;
        settings.ApplicationName = "datasync";
        settings.Pooling = false;
        settings.Timeout = ConnectSeconds;
        settings.CommandTimeout = CommandTimeout(statementTimeout);
        settings.CancellationTimeout = -1; // who is cancelled does not go on: the server is asked to stop, and left
        settings.TcpKeepAlive = true;
        settings.ReadBufferSize = 64 * 1024;
        settings.IncludeErrorDetail = false;
        settings.PersistSecurityInfo = false;
        settings.GssEncryptionMode = GssEncryptionMode.Disable;
        settings.SslMode = source.Tls == TlsMode.Disable ? SslMode.Disable : SslMode.Require; // how far to trust is judged by ServerTls

        // where nobody proved to be the server, it gets no password in the clear
        if (source.Tls is TlsMode.Disable or TlsMode.Require) settings.RequireAuth = "ScramSHA256,MD5,None";
    }

    private static NpgsqlDataSource Build(ServerParameters source, ServerTls tls, IPAddress address, TimeSpan statementTimeout)
    {
        var builder = new NpgsqlSlimDataSourceBuilder();
        Set(builder.ConnectionStringBuilder, source, address, statementTimeout);
        Watch(builder);
        builder.ConfigureTypeLoading(static types => types.EnableTypeLoading(false));
        if (source.Tls != TlsMode.Disable) builder.EnableTransportSecurity().UseSslClientAuthenticationOptionsCallback(tls.Apply);
        return builder.Build();
    }

    /// <summary>
    /// A tenant's statement may hold whatever it looks for, so spans are without it. The driver would name each connection after its address and
    /// login, in spans and as a label of metrics: tenants' sources have no bound, so all share one name.
    /// </summary>
    private static void Watch(NpgsqlSlimDataSourceBuilder builder)
    {
        builder.Name = "source";
        builder.ConfigureTracing(static traces => traces
            .ConfigureCommandEnrichmentCallback(static (span, _) => span.SetTag("db.query.text", null))
            .ConfigureBatchEnrichmentCallback(static (span, _) => span.SetTag("db.query.text", null)));
    }
}
