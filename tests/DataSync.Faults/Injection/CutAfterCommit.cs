namespace DataSync.Faults.Injection;

/// <summary>
/// A connection is cut when the server has carried out a commit and its answer is on the way: who asked cannot know whether it holds. Every other time it is a commit
/// that no COMMIT asks for, as claims and ends of jobs have it.
/// </summary>
internal sealed class CutAfterCommit : Fault
{
    private int _strikes;

    public override string Name => "connection cut between COMMIT and its answer";

    public override int Times => 50;

    public override async Task<bool> StrikeAsync(FaultContext context, CancellationToken ct)
    {
        // The first and then every third hits the API, while it acknowledges a job.
        if (_strikes++ % 3 == 0)
        {
            var cut = context.System.ApiProxy.CutAsync(context.Random.Next(0, 3), unspoken: false, ct);
            do await context.StartJobAsync(ct);
            while (!cut.IsCompleted);
            await cut;
        }
        else
        {
            await context.HolderAsync(ct);
            await context.System.WorkerProxy.CutAsync(context.Random.Next(0, 12), unspoken: context.Random.Next(2) == 0, ct).WaitAsync(TimeSpan.FromSeconds(60), TimeProvider.System, ct);
        }

        return true;
    }
}
