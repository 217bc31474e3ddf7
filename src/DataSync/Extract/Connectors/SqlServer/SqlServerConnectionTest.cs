using System.Net;
using DataSync.Extract.Connectors.Network;
using DataSync.Pipeline.Connectors;
using DataSync.Platform.Http.Egress;

namespace DataSync.Extract.Connectors.SqlServer;

/// <summary>Tries a connection step by step. Every check is in the outcome: passed, failed, or not run because one it needs failed.</summary>
internal sealed class SqlServerConnectionTest(
    SourceConnection connection, ServerParameters source, EgressPolicy egress, SqlServerGate gate, ExtractOptions options, TimeProvider time)
{
    private static readonly TimeSpan StepTimeout = TimeSpan.FromSeconds(10);
    private static readonly string[] Steps = ["resolve", "egress", "connect", "tls", "authenticate", "version", "read_only", "query"];

    private readonly CheckList _checks = new(time);
    private SqlServerSession? _session;
    private ServerTls? _tls;

    public async Task<IReadOnlyList<ConnectionCheck>> RunAsync(CancellationToken ct)
    {
        IReadOnlyList<IPAddress> addresses = [];
        try
        {
            var reached = await _checks.RunAsync("resolve", async () => { addresses = await egress.ResolveAsync(source.Host, ct); return null; })
                && await _checks.RunAsync("egress", () => { addresses = egress.Check(source.Host, source.Port, addresses); return NoFindings; })
                && await _checks.RunAsync("connect", async () => { await ServerReach.DialAsync(source, addresses, time, ct); return null; })
                && await OpenAsync(addresses, ct);
            if (reached && await _checks.RunAsync("version", () => VersionAsync(ct)))
            {
                await _checks.RunAsync("read_only", () => ReadOnlyAsync(ct));
                await _checks.RunAsync("query", () => QueryAsync(ct));
            }
        }
        finally
        {
            if (_session is not null) await _session.DisposeAsync();
        }

        return _checks.Complete(source.Tls == TlsMode.Disable ? Steps.Where(s => s != "tls") : Steps);
    }

    private static Task<IReadOnlyDictionary<string, object?>?> NoFindings => Task.FromResult<IReadOnlyDictionary<string, object?>?>(null);

    private async Task<bool> OpenAsync(IReadOnlyList<IPAddress> addresses, CancellationToken ct)
        => TlsCheck.Add(_checks, source.Tls, await CheckList.TryAsync(async () => _session = await gate.OpenAsync(source, addresses, StepTimeout, ct, tls => _tls = tls), time), _tls);

    /// <summary>Beside the version it says whether a reading sees one moment of the database.</summary>
    private Task<IReadOnlyDictionary<string, object?>?> VersionAsync(CancellationToken ct) => DoAsync(
        session =>
        {
            session.Begin();
            return new Dictionary<string, object?>(StringComparer.Ordinal) { ["version"] = session.Version, ["snapshot"] = session.IsSnapshot };
        },
        ct);

    private async Task<IReadOnlyDictionary<string, object?>?> ReadOnlyAsync(CancellationToken ct)
    {
        var access = await _session!.DoAsync(() => AccessProbe.Ask(_session), ct);
        await connection.ReportAsync(access, ct);
        access.Demand(options.AllowWritableSources);
        return access.Shown();
    }

    private Task<IReadOnlyDictionary<string, object?>?> QueryAsync(CancellationToken ct) => DoAsync(
        static session =>
        {
            session.Query("SELECT 1", static row => row.GetInt32(0));
            return null;
        },
        ct);

    private Task<IReadOnlyDictionary<string, object?>?> DoAsync(Func<SqlServerSession, IReadOnlyDictionary<string, object?>?> work, CancellationToken ct) => _session!.DoAsync(() => work(_session), ct);
}
