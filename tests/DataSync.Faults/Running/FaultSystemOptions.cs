namespace DataSync.Faults.Running;

/// <summary>What a system under test is made with.</summary>
internal sealed record FaultSystemOptions
{
    /// <summary>Names the private cluster of the system's database: one at a time uses it, for its server is crashed.</summary>
    public required string Cluster { get; init; }

    /// <summary>The folder of everything local to the checkout.</summary>
    public required string Local { get; init; }

    /// <summary>A login to the customer's database, which stays up: another server than the system's.</summary>
    public required string Source { get; init; }

    /// <summary><c>DATASYNC_LEASE_SECONDS</c> of every process.</summary>
    public TimeSpan Lease { get; init; } = TimeSpan.FromSeconds(3);
}
