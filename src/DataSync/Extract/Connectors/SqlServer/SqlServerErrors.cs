using System.Globalization;
using System.Net.Sockets;
using System.Security.Authentication;
using DataSync.Extract.Connectors.Network;
using DataSync.Pipeline.Failures;
using Microsoft.Data.SqlClient;

namespace DataSync.Extract.Connectors.SqlServer;

/// <summary>Turns what the driver throws into the closed set of failures. The driver's own text stays in the inner exception, for the log.</summary>
internal static class SqlServerErrors
{
    private const int TimeOut = -2;

    /// <summary>From this class on the server has ended the session.</summary>
    private const byte Fatal = 20;

    /// <summary>Runs work and names what goes wrong in it; the time that ran out on our side is the statement's.</summary>
    /// <param name="work">What to do.</param>
    /// <param name="source">Whose host a message names.</param>
    /// <param name="ct">The caller's: once it is cancelled, whatever was thrown is a cancellation.</param>
    public static async Task<T> GuardAsync<T>(Func<Task<T>> work, ServerParameters source, CancellationToken ct)
    {
        try
        {
            return await work();
        }
        catch (TimeoutException e)
        {
            ct.ThrowIfCancellationRequested();
            throw new SyncFailureException(Statement("errors.extraction.statement_timeout", "HYT00"), e);
        }
        catch (Exception e) when (IsKnown(e))
        {
            ct.ThrowIfCancellationRequested();
            throw Map(e, source, opening: false);
        }
    }

    /// <summary>Maps a failure of the server or of the connection to it.</summary>
    /// <param name="e">What was thrown.</param>
    /// <param name="source">Whose host the message names.</param>
    /// <param name="opening">True while no session exists yet.</param>
    public static SyncFailureException Map(Exception e, ServerParameters source, bool opening) => e switch
    {
        SyncFailureException known => known,
        InvalidDataException => new SyncFailureException(Permanent("errors.connection.protocol", source), e),
        _ when IsConfused(e) => new SyncFailureException(Permanent("errors.connection.protocol", source), e),
        SqlException answered when OfNumber(answered, source, opening) is { } failure => new SyncFailureException(failure, e),
        _ => new SyncFailureException(ServerErrors.Of(e, source, opening) ?? Transient("errors.connection.unreachable", source), e),
    };

    /// <summary>True for what <see cref="Map"/> knows how to name; anything else is a bug of ours and must show as one.</summary>
    public static bool IsKnown(Exception e)
        => e is SqlException or SocketException or IOException or TimeoutException or AuthenticationException or SyncFailureException or InvalidDataException || IsConfused(e);

    /// <summary>The driver was told nonsense: it then stumbles where it stands.</summary>
    private static bool IsConfused(Exception e)
        => e is NullReferenceException or IndexOutOfRangeException or ArgumentException or OverflowException or InvalidOperationException or NotSupportedException or OutOfMemoryException
            && e.StackTrace?.Contains($"at {typeof(SqlException).Namespace}.", StringComparison.Ordinal) == true;

    private static SyncFailure? OfNumber(SqlException e, ServerParameters source, bool opening) => e.Number switch
    {
        TimeOut => opening ? Transient("errors.connection.timeout", source) : Statement("errors.extraction.statement_timeout", e),
        18450 or 18452 or 18456 or 18458 or 18459 or 18460 or 18463 or 18464 or 18465 or 18466 or 18467 or 18468 or 18470 or 18486 or 18487 or 18488 => Permanent("errors.connection.authentication", source),
        911 or 916 or 4060 or 4063 or 4064 or 978 => SyncFailure.Permanent("errors.connection.database", ("host", source.Host), ("database", source.Database)),
        922 or 927 or 10928 or 10929 or 17809 or 17830 or 18401 or 18451 or 18461 or 40197 or 40501 or 40613 or 49918 or 49919 or 49920 => Transient("errors.connection.unavailable", source),
        596 or 6005 or 6006 or 10053 or 10054 or 64 or 121 or 233 => Transient("errors.connection.lost", source),
        1222 => SyncFailure.Transient("errors.extraction.lock_timeout", ("sqlstate", State(e))),
        601 or 1205 or 3951 or 3960 or 3961 or 3966 => SyncFailure.Transient("errors.extraction.conflict", ("sqlstate", State(e))),
        701 or 802 or 1105 or 3958 or 3959 or 3967 or 8645 or 8651 or 8657 or 9002 => SyncFailure.Transient("errors.extraction.resources", ("sqlstate", State(e))),
        208 => Statement("errors.extraction.undefined_table", e),
        207 or 209 or 4104 => Statement("errors.extraction.undefined_column", e),
        229 or 230 or 262 or 297 or 300 or 371 or 378 or 15247 => Statement("errors.extraction.permission", e),
        101 or 102 or 103 or 104 or 105 or 107 or 108 or 113 or 116 or 130 or 137 or 141 or 145 or 147 or 155 or 156 or 164 or 170 or 191 or 205 or 319 or 1033 or 4145
            or 8118 or 8120 or 8121 or 8155 or 8156 or 8180 => Statement("errors.extraction.syntax", e),
        174 or 189 or 195 or 206 or 257 or 402 or 403 or 421 or 447 or 448 or 451 or 457 or 468 or 529 or 4121 or 8116 or 8117 or 8144 or 8146 => Statement("errors.extraction.types", e),
        220 or 232 or 241 or 242 or 244 or 245 or 248 or 293 or 295 or 296 or 512 or 517 or 535 or 1007 or 2628 or 6355 or 8114 or 8115 or 8134 or 8152 or 8169 or 8170 or 9400 or 9402 or 9420
            or 9436 or 13608 or 13609 => Statement("errors.extraction.data", e),
        <= 0 => null,
        _ when e.Class >= Fatal => null,
        _ => opening ? Permanent("errors.connection.authentication", source) : Statement("errors.extraction.failed", e),
    };

    private static SyncFailure Transient(string key, ServerParameters s) => SyncFailure.Transient(key, ("host", s.Host), ("port", s.Port));

    private static SyncFailure Permanent(string key, ServerParameters s) => SyncFailure.Permanent(key, ("host", s.Host), ("port", s.Port));

    private static SyncFailure Statement(string key, SqlException e) => Statement(key, State(e));

    private static SyncFailure Statement(string key, string state) => SyncFailure.Permanent(key, ("sqlstate", state));

    /// <summary>SQL Server tells its own number, and no state of the standard.</summary>
    private static string State(SqlException e) => e.Number.ToString(CultureInfo.InvariantCulture);
}
