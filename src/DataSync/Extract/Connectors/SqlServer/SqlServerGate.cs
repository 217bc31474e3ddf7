using System.Globalization;
using System.Net;
using DataSync.Extract.Connectors.Network;
using DataSync.Extract.Connectors.SqlServer.Relay;
using DataSync.Pipeline.Failures;
using DataSync.Platform.Http.Egress;
using Microsoft.Data.SqlClient;

namespace DataSync.Extract.Connectors.SqlServer;

/// <summary>The one way to a tenant's SQL Server: the name is resolved once, every address vetted, and a relay of ours dials; the driver sees nothing but that relay.</summary>
internal sealed class SqlServerGate(EgressPolicy egress, TimeProvider time)
{
    private const int ConnectSeconds = 15;

    /// <summary>How long a failure waits for the relay's own words for it.</summary>
    private static readonly TimeSpan Reason = TimeSpan.FromMilliseconds(250);

    /// <summary>The driver refuses to work where the process knows no cultures, and could not read texts of all collations.</summary>
    private static readonly Lazy<bool> KnowsCultures = new(FindCulture);

    /// <summary>Opens a connection of its own, so that nothing of one tenant's session is left for another.</summary>
    public async Task<SqlServerSession> OpenAsync(ServerParameters source, TimeSpan statementTimeout, CancellationToken ct)
        => await OpenAsync(source, await egress.VetAsync(source.Host, source.Port, ct), statementTimeout, ct);

    /// <summary>Opens a connection to the first of the vetted addresses that answers.</summary>
    /// <param name="source">The server.</param>
    /// <param name="vetted">At least one.</param>
    /// <param name="statementTimeout">Of each statement.</param>
    /// <param name="ct">Gives up.</param>
    /// <param name="begins">Hears of the TLS of each attempt.</param>
    public async Task<SqlServerSession> OpenAsync(ServerParameters source, IReadOnlyList<IPAddress> vetted, TimeSpan statementTimeout, CancellationToken ct, Action<ServerTls>? begins = null)
    {
        if (!KnowsCultures.Value) throw new SyncFailureException(SyncFailure.Permanent("errors.connection.cultures_missing"));
        var turns = new DialTurns(vetted.Count, time);
        for (var i = 0; ; i++)
        {
            try
            {
                var tls = new ServerTls(source);
                begins?.Invoke(tls);
                return await OpenAsync(source, await TdsRelay.DialAsync(source, tls, vetted[i], ct), statementTimeout, ct);
            }
            catch (SyncFailureException e) when (e.Failure.Kind == FailureKind.Transient && !turns.IsLast(i))
            {
                // the next address may answer
            }
        }
    }

    private async Task<SqlServerSession> OpenAsync(ServerParameters source, TdsRelay relay, TimeSpan statementTimeout, CancellationToken ct)
    {
        var thread = new SessionThread();
        var connection = new SqlConnection(Settings(source, relay));
        var session = new SqlServerSession(source, relay, thread, connection, statementTimeout, time);
        try
        {
            var opening = thread.RunAsync(() =>
            {
                connection.Open();
                return true;
            });
            _ = opening.ContinueWith(static o => o.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);

            // where the relay fails, its reason counts; the driver would go on dialling a port that is no longer there
            if (await Task.WhenAny(opening, relay.Running).WaitAsync(ct) == relay.Running) await relay.Running.WaitAsync(ct);
            await opening.WaitAsync(ct);
            return session;
        }
        catch (Exception e)
        {
            // The driver may have seen the relay close before the relay has said why.
            await Task.WhenAny(relay.Running, Task.Delay(Reason, time, ct));
            await session.DisposeAsync();
            ct.ThrowIfCancellationRequested();
            var cause = relay.Running.Exception?.InnerException is { } failed and not OperationCanceledException ? failed : e;
            if (SqlServerErrors.IsKnown(cause)) throw SqlServerErrors.Map(cause, source, opening: true);
            throw;
        }
    }

    private static bool FindCulture()
    {
        try
        {
            return CultureInfo.GetCultureInfo("pl-PL").TextInfo.ANSICodePage == 1250;
        }
        catch (CultureNotFoundException)
        {
            return false;
        }
    }

    private static string Settings(ServerParameters source, TdsRelay relay) => new SqlConnectionStringBuilder
    {
        DataSource = $"tcp:{IPAddress.Loopback},{relay.Port}",
        InitialCatalog = source.Database,
        UserID = source.Username,
        Password = source.Password,
        ApplicationName = "datasync",
        WorkstationID = relay.Mark,
        Pooling = false,
        Enlist = false,
        PersistSecurityInfo = false,
        MultipleActiveResultSets = false,
        ConnectTimeout = ConnectSeconds,

        // nothing is dialled but the relay, and that once; whom to trust is the relay's
        ConnectRetryCount = 0,
        MultiSubnetFailover = false,
        Encrypt = SqlConnectionEncryptOption.Mandatory,
        TrustServerCertificate = true,

        // with the other intent a server may send to another one
        ApplicationIntent = ApplicationIntent.ReadWrite,
    }.ConnectionString;
}
