using System.Net;
using DataSync.Extract.Connectors.Network;
using DataSync.Pipeline.Connectors;
using DataSync.Pipeline.Failures;
using DataSync.Platform.Http.Egress;

namespace DataSync.Extract.Connectors.MySql;

/// <summary>Tries a connection to MySQL or MariaDB.</summary>
internal sealed class MySqlConnectionTest(SourceConnection connection, ServerParameters source, EgressPolicy egress, ExtractOptions options, TimeProvider time)
    : ServerConnectionTest<MySqlSession>(connection, source, egress, options, time)
{
    private readonly TimeProvider _time = time;

    protected override Task<MySqlSession> OpenAsync(ServerParameters source, IReadOnlyList<IPAddress> vetted, Action<ServerTls> begins, CancellationToken ct)
        => MySqlGate.OpenAsync(source, vetted, StepTimeout, _time, ct, begins);

    protected override async Task<string> BeginAsync(MySqlSession session, CancellationToken ct)
    {
        await session.BeginAsync(ct);
        return session.Version;
    }

    protected override Task<AccessReport> AccessAsync(MySqlSession session, CancellationToken ct) => GrantProbe.AskAsync(session, ct);

    protected override async Task<bool> QueryAsync(MySqlSession session, CancellationToken ct)
    {
        await session.QueryAsync("SELECT 1", [], static _ => { }, ct);
        return true;
    }

    protected override bool IsKnown(Exception e) => MySqlErrors.IsKnown(e);

    protected override SyncFailureException Map(Exception e, ServerParameters source) => MySqlErrors.Map(e, source, opening: false);
}
