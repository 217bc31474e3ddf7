namespace DataSync.Benchmarks.Running;

/// <summary>A figure and the limit beside it.</summary>
internal abstract class BenchmarkCase
{
    /// <summary>What <c>./dev bench</c> calls it.</summary>
    public abstract string Name { get; }

    /// <summary>What is compared with what, in a line.</summary>
    public abstract string Title { get; }

    /// <summary>Rows of the source table where <c>--rows</c> does not say.</summary>
    public virtual long Rows => 1_000_000;

    /// <summary>Counted rounds where <c>--rounds</c> does not say.</summary>
    public virtual int Rounds => 7;

    /// <summary>Makes everything the runs need; nothing of it is measured.</summary>
    public abstract Task<CasePlan> PrepareAsync(BenchContext context, CancellationToken ct);
}

/// <summary>What a case runs and what must come out.</summary>
internal sealed record CasePlan(IReadOnlyList<Contender> Contenders, IReadOnlyList<Target> Targets) : IAsyncDisposable
{
    /// <summary>Measured once after the rounds: what takes too long, or too much room, to be repeated. By the name its target asks for.</summary>
    public IReadOnlyList<Contender> Afterwards { get; init; } = [];

    /// <summary>Ends what the case started.</summary>
    public Func<ValueTask> EndAsync { get; init; } = static () => ValueTask.CompletedTask;

    public ValueTask DisposeAsync() => EndAsync();
}
