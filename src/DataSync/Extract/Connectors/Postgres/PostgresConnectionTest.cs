using System.Data;
using System.Net;
using DataSync.Extract.Connectors.Network;
using DataSync.Pipeline.Connectors;
using DataSync.Pipeline.Failures;
using DataSync.Platform.Http.Egress;

namespace DataSync.Extract.Connectors.Postgres;

/// <summary>Tries a connection to PostgreSQL.</summary>
internal sealed class PostgresConnectionTest(SourceConnection connection, ServerParameters source, EgressPolicy egress, ExtractOptions options, TimeProvider time)
    : ServerConnectionTest<PostgresSession>(connection, source, egress, options, time)
{
    private readonly TimeProvider _time = time;

    protected override Task<PostgresSession> OpenAsync(ServerParameters source, IReadOnlyList<IPAddress> vetted, Action<ServerTls> begins, CancellationToken ct)
        => PostgresGate.OpenAsync(source, vetted, StepTimeout, _time, ct, begins);

    protected override async Task<string> BeginAsync(PostgresSession session, CancellationToken ct)
    {
        await session.BeginAsync(StepTimeout, ct);
        return session.Connection.ServerVersion;
    }

    protected override Task<AccessReport> AccessAsync(PostgresSession session, CancellationToken ct) => PrivilegeProbe.AskAsync(session, ct);

    protected override async Task<bool> QueryAsync(PostgresSession session, CancellationToken ct)
    {
        await using var reader = await session.QueryAsync("SELECT 1", [], CommandBehavior.Default, ct);
        return await reader.ReadAsync(ct);
    }

    protected override bool IsKnown(Exception e) => PostgresErrors.IsKnown(e);

    protected override SyncFailureException Map(Exception e, ServerParameters source) => PostgresErrors.Map(e, source, opening: false);
}
