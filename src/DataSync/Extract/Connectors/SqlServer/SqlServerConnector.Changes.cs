using System.Runtime.CompilerServices;
using System.Text.Json;
using DataSync.Extract.Connectors.SqlServer.Changes;
using DataSync.Pipeline;
using DataSync.Pipeline.Connectors;
using DataSync.Pipeline.Incremental;

namespace DataSync.Extract.Connectors.SqlServer;

/// <summary>Changes by the server's own change tracking: the last state of each row that was changed since a version, and the keys of those that are gone.</summary>
internal sealed partial class SqlServerConnector : ITracksChanges
{
    public Task<TrackingOffer> OfferAsync(SourceConnection connection, ReadRequest request, CancellationToken ct)
        => AskAsync(connection, session => TrackingState.Ask(session, request.Table!).Offer(), ct);

    public async Task<ChangePlan> PlanAsync(SourceConnection connection, ReadRequest request, TrackingOffer offer, JsonElement? last, CancellationToken ct)
    {
        var position = last is { } stored ? ChangePosition.Read(stored) : null;
        return await AskAsync(connection, session => ChangeStatement.Plan(session, TrackingState.Ask(session, request.Table!), position), ct);
    }

    public async IAsyncEnumerable<RecordBatch> ReadChangesAsync(SourceConnection connection, ReadRequest request, ChangePlan plan, [EnumeratorCancellation] CancellationToken ct)
    {
        if (!request.ResumeToken.IsEmpty) throw ResumeToken.Lost(null);
        await using var session = await _gate.OpenAsync(Read(connection), request.StatementTimeout, ct);
        await DemandAsync(session, connection, ct);
        var read = await session.DoAsync(
            () =>
            {
                var started = ChangeRead.Start(session, request, plan);
                session.Reads(started);
                return started;
            },
            ct);
        while (await session.DoAsync(read.Next, ct) is { } batch) yield return batch;
    }

    public Task<TrackingSetup> SetupAsync(SourceConnection connection, ReadRequest request, JsonElement? last, CancellationToken ct)
        => AskAsync(connection, session => TrackingState.Ask(session, request.Table!).Setup(), ct);

    /// <summary>The server keeps changes for a time, for nobody in particular.</summary>
    public Task ReleaseAsync(SourceConnection connection, JsonElement? last, CancellationToken ct, Func<CancellationToken, Task<bool>>? isUnused = null) => Task.CompletedTask;
}
