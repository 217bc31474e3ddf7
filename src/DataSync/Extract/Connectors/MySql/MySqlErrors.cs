using System.Globalization;
using System.Net.Sockets;
using System.Security.Authentication;
using DataSync.Extract.Connectors.Network;
using DataSync.Pipeline.Failures;
using MySqlConnector;

namespace DataSync.Extract.Connectors.MySql;

/// <summary>Turns what the driver throws into the closed set of failures. The driver's own text stays in the inner exception, for the log.</summary>
internal static class MySqlErrors
{
    /// <summary>Numbers of MariaDB's that the driver has no name for.</summary>
    private const int StatementTimeout = 1969, ConnectionKilled = 1927, SecureTransportRequired = 3159, JsonFunction = 4038;

    /// <summary>Runs work and names what goes wrong in it; the time that ran out on our side is the statement's.</summary>
    /// <param name="work">What to do.</param>
    /// <param name="source">Whose host a message names.</param>
    /// <param name="ct">The caller's: once it is cancelled, whatever was thrown is a cancellation.</param>
    /// <param name="session">Its relay may know better what went wrong; null before there is one.</param>
    public static async Task<T> GuardAsync<T>(Func<Task<T>> work, ServerParameters source, CancellationToken ct, MySqlSession? session = null)
    {
        try
        {
            return await work();
        }
        catch (OperationCanceledException e) when (!ct.IsCancellationRequested)
        {
            throw new SyncFailureException(Statement("errors.extraction.statement_timeout", "70100"), e);
        }
        catch (Exception e) when (IsKnown(e))
        {
            ct.ThrowIfCancellationRequested();
            throw Map(session?.Failure ?? e, source, opening: false);
        }
    }

    /// <summary>Maps a failure of the server or of the connection to it.</summary>
    /// <param name="e">What was thrown.</param>
    /// <param name="source">Whose host the message names.</param>
    /// <param name="opening">True while no session exists yet.</param>
    public static SyncFailureException Map(Exception e, ServerParameters source, bool opening) => e switch
    {
        SyncFailureException known => known,
        MySqlException answered when OfNumber(answered, source, opening) is { } failure => new SyncFailureException(failure, e),
        _ when IsGarbled(e) => new SyncFailureException(Permanent("errors.connection.protocol", source), e),
        NotSupportedException => new SyncFailureException(Permanent("errors.connection.authentication", source), e),
        _ => new SyncFailureException(ServerErrors.Of(e, source, opening) ?? Unnamed(e, source), e),
    };

    /// <summary>True for what <see cref="Map"/> knows how to name; anything else is a bug of ours and must show as one.</summary>
    public static bool IsKnown(Exception e)
        => e is MySqlException or MySqlProtocolException or SocketException or IOException or TimeoutException or AuthenticationException or SyncFailureException || IsGarbled(e);

    private static bool IsGarbled(Exception e) => e is MySqlProtocolException || ServerErrors.IsGarbled(e, "MySqlConnector.Protocol", "MySqlConnector.Core.ResultSet");

    private static SyncFailure? OfNumber(MySqlException e, ServerParameters source, bool opening) => (int)e.ErrorCode switch
    {
        0 => null,
        (int)MySqlErrorCode.UnableToConnectToHost => null,
        (int)MySqlErrorCode.DatabaseAccessDenied when !opening => Statement("errors.extraction.permission", e),
        (int)MySqlErrorCode.DatabaseAccessDenied or (int)MySqlErrorCode.UnknownDatabase
            => SyncFailure.Permanent("errors.connection.database", ("host", source.Host), ("database", source.Database)),
        1045 or 1698 or 1130 or 1251 or 1820 or 1862 or 3118 => Permanent("errors.connection.authentication", source),
        SecureTransportRequired => Permanent("errors.connection.tls", source),
        1040 or 1203 or 1226 => Transient("errors.connection.unavailable", source),
        1053 or 1079 or 1080 or 1152 or 1158 or 1159 or 1160 or 1161 or 1184 or 1317 or ConnectionKilled or 2006 or 2013 => Transient("errors.connection.lost", source),
        (int)MySqlErrorCode.CommandTimeoutExpired or StatementTimeout or 3024 => Statement("errors.extraction.statement_timeout", e),
        1205 => SyncFailure.Transient("errors.extraction.lock_timeout", ("sqlstate", State(e))),
        1213 or 1020 or 1412 => SyncFailure.Transient("errors.extraction.conflict", ("sqlstate", State(e))),
        1021 or 1037 or 1038 or 1041 or 1114 or 1135 => SyncFailure.Transient("errors.extraction.resources", ("sqlstate", State(e))),
        1064 or 1065 or 1149 or 1210 or 1221 or 1222 or 1248 => Statement("errors.extraction.syntax", e),
        1051 or 1109 or 1146 => Statement("errors.extraction.undefined_table", e),
        1052 or 1054 => Statement("errors.extraction.undefined_column", e),
        1142 or 1143 or 1227 or 1370 or 1356 => Statement("errors.extraction.permission", e),
        1290 or 1295 or 1336 or 1422 or 1568 or 1792 or 3954 => Statement("errors.extraction.statement_refused", e),
        1253 or 1267 or 1270 or 1271 or 1305 or 1582 or 1584 => Statement("errors.extraction.types", e),
        1153 or 1242 or 1292 or 1301 or 1365 or 1366 or 1406 or 1411 or 1690 or 3140 or 3141 or JsonFunction => Statement("errors.extraction.data", e),
        _ => Statement("errors.extraction.failed", e),
    };

    /// <summary>The driver has no type for a server without TLS, or for one that did not answer in time.</summary>
    private static SyncFailure Unnamed(Exception e, ServerParameters source)
        => e.Message.Contains("SSL", StringComparison.Ordinal) ? Permanent("errors.connection.tls", source)
            : e.Message.Contains("secure connection", StringComparison.Ordinal) ? Permanent("errors.connection.authentication", source)
            : e.Message.Contains("Timeout", StringComparison.Ordinal) ? Transient("errors.connection.timeout", source)
            : Transient("errors.connection.unreachable", source);

    private static SyncFailure Transient(string key, ServerParameters s) => SyncFailure.Transient(key, ("host", s.Host), ("port", s.Port));

    private static SyncFailure Permanent(string key, ServerParameters s) => SyncFailure.Permanent(key, ("host", s.Host), ("port", s.Port));

    private static SyncFailure Statement(string key, MySqlException e) => Statement(key, State(e));

    private static SyncFailure Statement(string key, string state) => SyncFailure.Permanent(key, ("sqlstate", state));

    /// <summary>The standard's state where the server gave one that says something, else its own number.</summary>
    private static string State(MySqlException e) => e.SqlState is { Length: 5 } state and not "HY000" ? state : ((int)e.ErrorCode).ToString(CultureInfo.InvariantCulture);
}
