namespace DataSync.Jobs.Inline;

/// <summary>How many runs a process takes on at once, and how long a caller waits for a place. The environment names are the settings' names.</summary>
internal sealed record InlineOptions
{
    /// <summary><c>DATASYNC_REALTIME_MAX_RUNS</c>: runs of this process at once.</summary>
    public int MaxRuns { get; init; } = 32;

    /// <summary><c>DATASYNC_REALTIME_MAX_WAITING</c>: callers that wait for a place; one more is refused at once.</summary>
    public int MaxWaiting { get; init; } = 256;

    /// <summary><c>DATASYNC_REALTIME_WAIT_SECONDS</c>: how long a caller waits.</summary>
    public TimeSpan Wait { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>A batch of such a run ends at this many bytes: a small part of what a tenant may hold.</summary>
    public int BatchBytes { get; init; } = 128 * 1024;
}
