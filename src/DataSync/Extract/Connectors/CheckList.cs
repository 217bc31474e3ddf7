using DataSync.Pipeline.Connectors;
using DataSync.Pipeline.Failures;

namespace DataSync.Extract.Connectors;

/// <summary>Runs the checks of a connection test, timing each and turning a failure into its outcome.</summary>
internal sealed class CheckList(TimeProvider time)
{
    private readonly List<ConnectionCheck> _checks = [];

    /// <summary>What one step came to.</summary>
    public sealed record Outcome(SyncFailure? Failure, double Milliseconds, IReadOnlyDictionary<string, object?>? Params = null);

    /// <summary>Runs a step; true where it passed. What the step returns is shown beside the check.</summary>
    public async Task<bool> RunAsync(string name, Func<Task<IReadOnlyDictionary<string, object?>?>> step)
    {
        IReadOnlyDictionary<string, object?>? shown = null;
        var outcome = await TryAsync(async () => shown = await step(), time);
        Add(name, outcome with { Params = shown });
        return outcome.Failure is null;
    }

    public void Add(string name, Outcome outcome)
    {
        var key = outcome.Failure?.MessageKey;
        _checks.Add(new ConnectionCheck(
            name, key is null, outcome.Milliseconds, key, key is null ? null : HintOf(key), outcome.Failure?.Params ?? outcome.Params));
    }

    /// <summary>All checks in their order; those that were not run have no outcome.</summary>
    public IReadOnlyList<ConnectionCheck> Complete(IEnumerable<string> names)
        => [.. names.Select(name => _checks.Find(c => c.Name == name) ?? new ConnectionCheck(name, null, 0))];

    /// <summary>Every failure to connect has a hint of its own; those of a statement share one, since a test runs none of the tenant's.</summary>
    private static string HintOf(string key)
        => key.StartsWith("errors.extraction.", StringComparison.Ordinal) ? "hints.extraction" : $"hints.{key["errors.".Length..]}";

    public static async Task<Outcome> TryAsync(Func<Task> step, TimeProvider time)
    {
        var started = time.GetTimestamp();
        try
        {
            await step();
            return new Outcome(null, time.GetElapsedTime(started).TotalMilliseconds);
        }
        catch (SyncFailureException e)
        {
            return new Outcome(e.Failure, time.GetElapsedTime(started).TotalMilliseconds);
        }
    }
}
