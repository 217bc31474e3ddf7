using System.Collections.Concurrent;
using DataSync.IntegrationTests.Postgres;
using DataSync.Jobs.Engine;
using Hangfire;
using Hangfire.Common;
using Hangfire.States;
using Hangfire.Storage.Monitoring;

namespace DataSync.IntegrationTests.Jobs;

/// <summary>Workers' hands on a real database that give jobs to a list instead of to Hangfire.</summary>
internal sealed class DispatchRig(SystemDatabase database, EngineRig engine)
{
    /// <summary>What was handed out, in order.</summary>
    public ConcurrentQueue<(string Tenant, Guid Job)> HandedOut { get; } = new();

    /// <summary>How many more can be handed out before Hangfire's storage fails, once.</summary>
    public int? FailsAfter { get; set; }

    /// <summary>The hand of a worker of its own; the workers together have as many threads as said.</summary>
    public HandOut New(int threads)
    {
        IEnumerable<ServerDto> Servers() => [new ServerDto { Heartbeat = DateTimeOffset.UtcNow.UtcDateTime, WorkersCount = threads }];
        var turn = new DispatchTurn(new WorkerCapacity(Servers, engine.Options with { WorkerThreads = 1 }, TimeProvider.System), engine.Options, engine.Regions);
        return new HandOut(database.Sources, turn, new Client(this), engine.Runner);
    }

    public async Task<int> DispatchAsync(HandOut dispatcher, CancellationToken ct)
    {
        await using var connection = await database.Sources.System.OpenConnectionAsync(ct);
        return await dispatcher.DispatchAsync(connection, ct);
    }

    /// <summary>A thread asks for its next job; what it gets counts as handed out.</summary>
    public async Task NextAsync(HandOut hand, CancellationToken ct)
    {
        if (await hand.NextAsync(ct) is { } next) HandedOut.Enqueue((next.TenantId, next.Id));
    }

    private sealed class Client(DispatchRig rig) : IBackgroundJobClient
    {
        public string Create(Job job, IState state)
        {
            if (rig.FailsAfter-- == 0) throw new BackgroundJobClientException("The storage is away.", new TimeoutException());
            rig.HandedOut.Enqueue(((string)job.Args[0], (Guid)job.Args[1]));
            return "1";
        }

        public bool ChangeState(string jobId, IState state, string expectedState) => throw new NotSupportedException();
    }
}
