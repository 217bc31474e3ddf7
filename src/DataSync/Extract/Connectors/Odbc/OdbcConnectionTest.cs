using System.Net;
using DataSync.Extract.Connectors.Odbc.Gate;
using DataSync.Pipeline.Connectors;

namespace DataSync.Extract.Connectors.Odbc;

/// <summary>Tries a connection step by step: that the data source is registered and allowed, that its server may be reached and answers, how it is guarded, that nothing can be written, that it can be read.</summary>
internal sealed class OdbcConnectionTest(SourceConnection connection, OdbcParameters source, OdbcGate gate, ExtractOptions options, TimeProvider time)
{
    private static readonly TimeSpan StepTimeout = TimeSpan.FromSeconds(10), WholeTimeout = TimeSpan.FromSeconds(40);
    private static readonly string[] Steps = ["registered", "egress", "connect", "version", "tls", "read_only", "query"];
    private readonly CheckList _checks = new(time);

    public async Task<IReadOnlyList<ConnectionCheck>> RunAsync(CancellationToken ct)
    {
        var thread = new OdbcThread(time, WholeTimeout);
        var held = new OdbcHolder(source, thread, options);
        RegisteredSource? registered = null;
        IReadOnlyList<IPAddress> vetted = [];
        try
        {
            var reached = await _checks.RunAsync("registered", async () => { registered = await held.FindAsync(gate, ct); return null; })
                && await _checks.RunAsync("egress", async () => { vetted = await gate.VetAsync(registered!, ct); return null; })
                && await _checks.RunAsync("connect", async () => { await held.ConnectAsync(gate, registered!, vetted, StepTimeout, ct); return null; })
                && await _checks.RunAsync("version", () => held.RunAsync<IReadOnlyDictionary<string, object?>?>(session => Version(held, session), ct));
            if (reached)
            {
                await _checks.RunAsync("tls", () => held.RunAsync<IReadOnlyDictionary<string, object?>?>(session => Tls(registered!, session), ct));
                await _checks.RunAsync("read_only", () => ReadOnlyAsync(held, ct));
                await _checks.RunAsync("query", () => held.RunAsync(Query, ct));
            }
        }
        finally
        {
            await held.EndAsync();
        }

        return _checks.Complete(Steps);
    }

    private static Dictionary<string, object?> Version(OdbcHolder held, OdbcSession session)
    {
        held.Begin(session, WholeTimeout);
        return new Dictionary<string, object?>(StringComparer.Ordinal) { ["version"] = session.Version };
    }

    /// <summary>What the server tells of the session, and whom its driver was told to take for the server.</summary>
    private static Dictionary<string, object?>? Tls(RegisteredSource registered, OdbcSession session)
        => session.Dialect.Tls(session) is { } seen ? new Dictionary<string, object?>(seen, StringComparer.Ordinal) { ["verification"] = registered.Verification } : null;

    private async Task<IReadOnlyDictionary<string, object?>?> ReadOnlyAsync(OdbcHolder held, CancellationToken ct)
    {
        var access = await held.RunAsync(session => session.Dialect.Access(session), ct);
        await connection.ReportAsync(access, ct);
        access.Demand(options.AllowWritableSources);
        return access.Shown();
    }

    private static IReadOnlyDictionary<string, object?>? Query(OdbcSession session)
    {
        OdbcCatalog.Read(session, most: 1);
        return null;
    }
}
