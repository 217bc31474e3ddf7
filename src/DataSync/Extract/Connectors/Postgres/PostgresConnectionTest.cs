using System.Data;
using System.Net;
using DataSync.Extract.Connectors.Network;
using DataSync.Pipeline.Connectors;
using DataSync.Platform.Http.Egress;

namespace DataSync.Extract.Connectors.Postgres;

/// <summary>Tries a connection step by step. Every check is in the outcome: passed, failed, or not run because one it needs failed.</summary>
internal sealed class PostgresConnectionTest(
    SourceConnection connection, ServerParameters source, EgressPolicy egress, ExtractOptions options, TimeProvider time)
{
    private static readonly TimeSpan StepTimeout = TimeSpan.FromSeconds(10);
    private static readonly string[] Steps = ["resolve", "egress", "connect", "tls", "authenticate", "version", "read_only", "query"];

    private readonly CheckList _checks = new(time);
    private readonly ServerPatience _patience = new(StepTimeout, time);
    private PostgresSession? _session;

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
            if (_session is { } session) await _patience.EndAsync(async () => await session.DisposeAsync());
        }

        return _checks.Complete(source.Tls == TlsMode.Disable ? Steps.Where(s => s != "tls") : Steps);
    }

    private static Task<IReadOnlyDictionary<string, object?>?> NoFindings => Task.FromResult<IReadOnlyDictionary<string, object?>?>(null);

    /// <summary>The driver negotiates TLS and authenticates in one go; which of the two failed shows in the failure.</summary>
    private async Task<bool> OpenAsync(IReadOnlyList<IPAddress> addresses, CancellationToken ct)
    {
        var outcome = await CheckList.TryAsync(async () => _session = await PostgresGate.OpenAsync(source, addresses, StepTimeout, time, ct), time);
        var tlsFailed = outcome.Failure?.MessageKey == "errors.connection.tls";
        if (source.Tls != TlsMode.Disable) _checks.Add("tls", tlsFailed ? outcome : outcome with { Failure = null, Params = _session?.Tls.Seen() });
        if (!tlsFailed) _checks.Add("authenticate", outcome);
        return outcome.Failure is null;
    }

    private async Task<IReadOnlyDictionary<string, object?>?> VersionAsync(CancellationToken ct)
    {
        await GuardAsync(token => _session!.BeginAsync(StepTimeout, token), ct);
        return new Dictionary<string, object?>(StringComparer.Ordinal) { ["version"] = _session!.Connection.ServerVersion };
    }

    private async Task<IReadOnlyDictionary<string, object?>?> ReadOnlyAsync(CancellationToken ct)
    {
        AccessReport? access = null;
        await GuardAsync(async token => access = await PrivilegeProbe.AskAsync(_session!, token), ct);
        await connection.ReportAsync(access!, ct);
        access!.Demand(options.AllowWritableSources);
        return access.Shown();
    }

    private async Task<IReadOnlyDictionary<string, object?>?> QueryAsync(CancellationToken ct)
    {
        await GuardAsync(
            async token =>
            {
                await using var reader = await _session!.QueryAsync("SELECT 1", [], CommandBehavior.Default, token);
                await reader.ReadAsync(token);
            },
            ct);
        return null;
    }

    private async Task GuardAsync(Func<CancellationToken, Task> work, CancellationToken ct)
    {
        try
        {
            await _patience.WaitAsync(
                async token =>
                {
                    await work(token);
                    return true;
                },
                ct);
        }
        catch (Exception e) when (PostgresErrors.IsKnown(e))
        {
            ct.ThrowIfCancellationRequested();
            throw PostgresErrors.Map(e, source, opening: false);
        }
    }
}
