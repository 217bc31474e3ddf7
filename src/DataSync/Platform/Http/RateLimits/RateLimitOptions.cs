namespace DataSync.Platform.Http.RateLimits;

/// <summary>How many requests of one tenant a process answers.</summary>
/// <param name="PerSecond"><c>DATASYNC_RATE_LIMIT_PER_SECOND</c>: in the long run.</param>
/// <param name="Burst"><c>DATASYNC_RATE_LIMIT_BURST</c>: at once, after a pause.</param>
internal sealed record RateLimitOptions(int PerSecond, int Burst);

/// <summary>How many requests that show no tenant a process answers: those without a token, or with one that is not valid.</summary>
/// <param name="PerAddress"><c>DATASYNC_ANONYMOUS_PER_SECOND_AND_ADDRESS</c>: of one address, in the long run; twice as many at once.</param>
/// <param name="PerSecond"><c>DATASYNC_ANONYMOUS_PER_SECOND</c>: of all; twice as many at once.</param>
/// <param name="AtOnce"><c>DATASYNC_ANONYMOUS_AT_ONCE</c>: that are being answered, such as downloads by a link; half of them of one address.</param>
internal sealed record AnonymousLimitOptions(int PerAddress, int PerSecond, int AtOnce);
