using System.Net;
using DataSync.Pipeline.Connectors;
using DataSync.Pipeline.Failures;
using DataSync.Platform.Http.Egress;

namespace DataSync.Extract.Connectors.Network;

/// <summary>
/// Tries a connection to a database server step by step, each within its time. Every check is in the outcome: passed, failed, or not run because one it needs failed.
/// </summary>
internal abstract class ServerConnectionTest<TSession>(SourceConnection connection, ServerParameters source, EgressPolicy egress, ExtractOptions options, TimeProvider time)
    where TSession : class, IAsyncDisposable
{
    private static readonly string[] Steps = ["resolve", "egress", "connect", "tls", "authenticate", "version", "read_only", "query"];

    private readonly CheckList _checks = new(time);
    private readonly ServerPatience _patience = new(StepTimeout, time);
    private TSession? _session;
    private ServerTls? _tls;

    /// <summary>What one step may take.</summary>
    protected static TimeSpan StepTimeout { get; } = TimeSpan.FromSeconds(10);

    public async Task<IReadOnlyList<ConnectionCheck>> RunAsync(CancellationToken ct)
    {
        IReadOnlyList<IPAddress> addresses = [];
        try
        {
            var reached = await _checks.RunAsync("resolve", async () => { addresses = await egress.ResolveAsync(source.Host, ct); return null; })
                && await _checks.RunAsync("egress", () => { addresses = egress.Check(source.Host, source.Port, addresses); return Nothing; })
                && await _checks.RunAsync("connect", async () => { await ServerReach.DialAsync(source, addresses, time, ct); return null; })
                && await OpenAsync(addresses, ct);
            if (reached && await _checks.RunAsync("version", async () => Shown("version", await AskAsync(BeginAsync, ct))))
            {
                await _checks.RunAsync("read_only", () => ReadOnlyAsync(ct));
                await _checks.RunAsync("query", async () => { await AskAsync(QueryAsync, ct); return null; });
            }
        }
        finally
        {
            if (_session is { } session) await _patience.EndAsync(async () => await session.DisposeAsync());
        }

        return _checks.Complete(source.Tls == TlsMode.Disable ? Steps.Where(s => s != "tls") : Steps);
    }

    /// <summary>Opens a session at one of the vetted addresses; fails as the connector's readings do.</summary>
    /// <param name="source">The server.</param>
    /// <param name="vetted">At least one.</param>
    /// <param name="begins">Hears of the TLS of each attempt.</param>
    /// <param name="ct">Gives up.</param>
    protected abstract Task<TSession> OpenAsync(ServerParameters source, IReadOnlyList<IPAddress> vetted, Action<ServerTls> begins, CancellationToken ct);

    /// <summary>Begins as a reading does; returns the server's version.</summary>
    protected abstract Task<string> BeginAsync(TSession session, CancellationToken ct);

    protected abstract Task<AccessReport> AccessAsync(TSession session, CancellationToken ct);

    /// <summary>Runs the smallest statement there is.</summary>
    protected abstract Task<bool> QueryAsync(TSession session, CancellationToken ct);

    /// <summary>True for what a step throws where the server is to blame.</summary>
    protected abstract bool IsKnown(Exception e);

    /// <summary>Names it.</summary>
    protected abstract SyncFailureException Map(Exception e, ServerParameters source);

    private static Task<IReadOnlyDictionary<string, object?>?> Nothing => Task.FromResult<IReadOnlyDictionary<string, object?>?>(null);

    private static Dictionary<string, object?> Shown(string name, object? value) => new(StringComparer.Ordinal) { [name] = value };

    private async Task<bool> OpenAsync(IReadOnlyList<IPAddress> addresses, CancellationToken ct)
        => TlsCheck.Add(_checks, source.Tls, await CheckList.TryAsync(async () => _session = await OpenAsync(source, addresses, tls => _tls = tls, ct), time), _tls);

    private async Task<IReadOnlyDictionary<string, object?>?> ReadOnlyAsync(CancellationToken ct)
    {
        var access = await AskAsync(AccessAsync, ct);
        await connection.ReportAsync(access, ct);
        access.Demand(options.AllowWritableSources);
        return access.Shown();
    }

    private async Task<T> AskAsync<T>(Func<TSession, CancellationToken, Task<T>> ask, CancellationToken ct)
    {
        try
        {
            return await _patience.WaitAsync(token => ask(_session!, token), ct);
        }
        catch (Exception e) when (IsKnown(e))
        {
            ct.ThrowIfCancellationRequested();
            throw Map(e, source);
        }
    }
}
