using DataSync.Pipeline.Connectors;

namespace DataSync.Extract.Connectors.Odbc;

/// <summary>Tries a connection step by step: that the data source is registered and allowed, that it answers, that nothing can be written, that it can be read.</summary>
internal sealed class OdbcConnectionTest(SourceConnection connection, OdbcParameters source, OdbcRegistry registry, ExtractOptions options, TimeProvider time)
{
    private static readonly TimeSpan StepTimeout = TimeSpan.FromSeconds(10), WholeTimeout = TimeSpan.FromSeconds(40);
    private static readonly string[] Steps = ["registered", "connect", "version", "read_only", "query"];
    private readonly CheckList _checks = new(time);

    public async Task<IReadOnlyList<ConnectionCheck>> RunAsync(CancellationToken ct)
    {
        var thread = new OdbcThread(time, WholeTimeout);
        var held = new OdbcHolder(source, thread);
        try
        {
            var reached = await _checks.RunAsync("registered", () => thread.RunAsync(Registered, ct))
                && await _checks.RunAsync("connect", async () => { await held.ConnectAsync(registry, StepTimeout, ct); return null; })
                && await _checks.RunAsync("version", () => held.RunAsync<IReadOnlyDictionary<string, object?>?>(session => Version(held, session), ct));
            if (reached)
            {
                await _checks.RunAsync("read_only", () => ReadOnlyAsync(held, ct));
                await _checks.RunAsync("query", () => held.RunAsync(Query, ct));
            }
        }
        finally
        {
            await held.EndAsync(null);
        }

        return _checks.Complete(Steps);
    }

    private IReadOnlyDictionary<string, object?>? Registered()
    {
        registry.Check(source.Dsn);
        return null;
    }

    private static Dictionary<string, object?> Version(OdbcHolder held, OdbcSession session)
    {
        held.Begin(session, WholeTimeout);
        return new Dictionary<string, object?>(StringComparer.Ordinal) { ["version"] = session.Version };
    }

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
