using DataSync.Pipeline.Failures;

namespace DataSync.Platform.Monitoring;

/// <summary>One thing the service cannot work without. Every registered one is asked by <c>/health/ready</c>.</summary>
internal interface IReadinessCheck
{
    /// <summary>A stable name, such as <c>database</c>.</summary>
    string Name { get; }

    /// <summary>Null if all is well, else what is wrong. It has five seconds; an exception counts as a failure.</summary>
    Task<SyncFailure?> CheckAsync(CancellationToken cancellationToken);
}
