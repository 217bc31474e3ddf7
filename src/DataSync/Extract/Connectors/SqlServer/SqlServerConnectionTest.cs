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
    private static readonly string[] OfTls = ["errors.connection.tls", "errors.connection.tds8", "errors.connection.client_certificate"];

    private readonly CheckList _checks = new(time);
    private SqlServerSession? _session;

    public async Task<IReadOnlyList<ConnectionCheck>> RunAsync(CancellationToken ct)
    {
        IReadOnlyList<IPAddress> addresses = [];
        try
        {
            var reached = await _checks.RunAsync("resolve", async () => { addresses = await egress.ResolveAsync(source.Host, ct); return null; })
                && await _checks.RunAsync("egress", () => { egress.Check(source.Host, source.Port, addresses); return NoFindings; })
                && await _checks.RunAsync("connect", async () => { await ServerReach.DialAsync(source, addresses, ct); return null; })
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

    /// <summary>TLS and the login come in one go; which of the two failed shows in the failure.</summary>
    private async Task<bool> OpenAsync(IReadOnlyList<IPAddress> addresses, CancellationToken ct)
    {
        var outcome = await CheckList.TryAsync(async () => _session = await gate.OpenAsync(source, addresses, StepTimeout, ct), time);
        var tlsFailed = OfTls.Contains(outcome.Failure?.MessageKey);
        if (source.Tls != TlsMode.Disable) _checks.Add("tls", tlsFailed ? outcome : outcome with { Failure = null, Params = _session?.Tls.Seen() });
        if (!tlsFailed) _checks.Add("authenticate", outcome);
        return outcome.Failure is null;
    }

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
