namespace DataSync.Platform.Http.RateLimits;

/// <summary>How many requests of one tenant a process answers.</summary>
/// <param name="PerSecond"><c>DATASYNC_RATE_LIMIT_PER_SECOND</c>: in the long run.</param>
/// <param name="Burst"><c>DATASYNC_RATE_LIMIT_BURST</c>: at once, after a pause.</param>
internal sealed record RateLimitOptions(int PerSecond, int Burst);
