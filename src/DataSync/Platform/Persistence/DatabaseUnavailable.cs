using System.Net.Sockets;
using DataSync.Pipeline.Failures;
using Npgsql;

namespace DataSync.Platform.Persistence;

/// <summary>Our own database cannot be reached, or is starting, stopping or out of connections: nobody's mistake, and over soon.</summary>
internal static class DatabaseUnavailable
{
    /// <summary>What a caller is told.</summary>
    public static SyncFailure Failure { get; } = SyncFailure.Transient("errors.database.unavailable") with { RetryAfter = TimeSpan.FromSeconds(5) };

    /// <summary>
    /// True where that is why the exception was thrown; EF Core wraps some of them. A database whose name is not resolved is a bare <see cref="SocketException"/>: Npgsql wraps what happens behind that.
    /// One that something else wraps is some other server's.
    /// </summary>
    public static bool Caused(Exception exception)
    {
        if (exception is SocketException) return true;
        for (var e = exception; e is not null; e = e.InnerException)
        {
            if (e is NpgsqlException { IsTransient: true }) return true;
        }

        return false;
    }
}
