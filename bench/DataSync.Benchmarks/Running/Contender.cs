using DataSync.Benchmarks.Measuring;

namespace DataSync.Benchmarks.Running;

/// <summary>One of those that are run in turn.</summary>
/// <param name="Name">How it is shown.</param>
/// <param name="RunAsync">The measured run.</param>
internal sealed record Contender(string Name, Func<CancellationToken, Task<Measurement>> RunAsync)
{
    /// <summary>Brings everything back to the beginning; not measured.</summary>
    public Func<CancellationToken, Task> BeforeAsync { get; init; } = static _ => Task.CompletedTask;

    /// <summary>Throws unless the run did all its work; not measured. A fast run that lost a row is no result.</summary>
    public Func<CancellationToken, Task> CheckAsync { get; init; } = static _ => Task.CompletedTask;

    /// <summary>How many times the case's rows it works on.</summary>
    public int RowFactor { get; init; } = 1;

    /// <summary>What to install so that it can run; null where nothing is missing.</summary>
    public string? Missing { get; init; }
}
