using System.Net;
using DataSync.Pipeline.Failures;
using DataSync.Platform.Http.Egress;

namespace DataSync.Extract.Connectors.Odbc.Gate;

/// <summary>
/// The one way to a data source's server: its name is resolved once, every address vetted, and the driver dials nothing but a port of ours behind which that address is.
/// What the guard cannot read is refused, unless the operator says that it may be dialled as it is.
/// </summary>
internal sealed class OdbcGate(OdbcRegistry registry, EgressPolicy egress, ExtractOptions options)
{
    private const int Megabyte = 1024 * 1024;

    /// <summary>What is registered under a name. Blocks.</summary>
    public RegisteredSource Find(string dsn) => registry.Find(dsn);

    /// <summary>The addresses of its server, vetted; none where there is no server, or the operator answers for it. Less than a certificate's proof of who answers must be allowed for the server.</summary>
    public async Task<IReadOnlyList<IPAddress>> VetAsync(RegisteredSource source, CancellationToken ct)
    {
        if (source.IsFile) return [];
        if (source.Server() is not { } server)
        {
            return options.OdbcUnguardedNames().Contains(source.Name, StringComparer.OrdinalIgnoreCase)
                ? []
                : throw new SyncFailureException(SyncFailure.Permanent("errors.connection.odbc_unguarded", ("dsn", source.Name)));
        }

        // where the server is, is the operator's: a tenant is told the name it was registered under
        try
        {
            var vetted = await egress.VetAsync(server.Host, server.Port, ct);
            return source.Verification != "none" || options.IsTlsException(server.Host) ? vetted : throw new SyncFailureException(SyncFailure.Permanent("errors.connection.odbc_tls", ("dsn", source.Name)));
        }
        catch (SyncFailureException e) when (e.Failure.MessageKey == "errors.connection.odbc_tls")
        {
            throw;
        }
        catch (SyncFailureException e) when (e.Failure.Kind == FailureKind.Transient)
        {
            throw new SyncFailureException(SyncFailure.Transient(e.Failure.MessageKey, ("host", source.Name)), e);
        }
        catch (SyncFailureException e)
        {
            throw new SyncFailureException(SyncFailure.Permanent(e.Failure.MessageKey, ("host", source.Name), ("port", "ODBC")), e);
        }
    }

    /// <summary>A way to one of the vetted addresses. The caller ends it.</summary>
    public async Task<OdbcRoute> OpenAsync(RegisteredSource source, IReadOnlyList<IPAddress> vetted, CancellationToken ct)
    {
        // a name that the driver must dial itself was vetted all the same; its certificate then says who answered
        if (vetted.Count == 0) return new OdbcRoute(source, null, source.IsMariaDb ? source.Own() : null);
        var (host, port) = source.Server()!.Value;
        if (source.NeedsName) return new OdbcRoute(source, null, source.Strict(options.IsTlsException(host)));
        var most = source.IsStreamed ? long.MaxValue : (long)options.OdbcAnswerMegabytes * Megabyte;
        var relay = await OdbcRelay.DialAsync(vetted, port, most, source.Name, ct);
        return new OdbcRoute(source, relay, source.At(relay.Port, options.IsTlsException(host)));
    }
}
