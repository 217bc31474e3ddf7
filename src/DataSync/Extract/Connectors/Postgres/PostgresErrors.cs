using System.Net.Sockets;
using System.Security.Authentication;
using DataSync.Extract.Connectors.Network;
using DataSync.Extract.Connectors.Postgres.Log;
using DataSync.Extract.Connectors.Postgres.Wire;
using DataSync.Pipeline.Failures;
using Npgsql;

namespace DataSync.Extract.Connectors.Postgres;

/// <summary>Turns what the driver throws into the closed set of failures. The driver's own text stays in the inner exception, for the log.</summary>
internal static class PostgresErrors
{
    /// <summary>Maps a failure of the server or of the connection to it.</summary>
    /// <param name="e">What was thrown.</param>
    /// <param name="source">Whose host the message names.</param>
    /// <param name="opening">True while no session exists yet.</param>
    public static SyncFailureException Map(Exception e, ServerParameters source, bool opening) => e switch
    {
        SyncFailureException known => known,
        _ when IsGarbled(e) => new SyncFailureException(Permanent("errors.connection.protocol", source), e),
        PostgresException answered => new SyncFailureException(OfState(answered.SqlState, source), e),
        _ => new SyncFailureException(OfConnection(e, source, opening), e),
    };

    /// <summary>True for what <see cref="Map"/> knows how to name; anything else is a bug of ours and must show as one.</summary>
    public static bool IsKnown(Exception e)
        => e is NpgsqlException or SocketException or IOException or TimeoutException or AuthenticationException or SyncFailureException || IsGarbled(e);

    /// <summary>Rows are read by code of ours, which trusts their lengths as the driver does those of its messages.</summary>
    private static bool IsGarbled(Exception e) => e is InvalidDataException || ServerErrors.IsGarbled(
        e, "Npgsql.Internal", typeof(WireFormat).Namespace!, typeof(RowLayout).FullName!, typeof(LogMessage).FullName!, typeof(LogRelation).FullName!);

    private static SyncFailure OfState(string state, ServerParameters source) => state switch
    {
        "28000" or "28P01" => Permanent("errors.connection.authentication", source),
        "3D000" => SyncFailure.Permanent("errors.connection.database", ("host", source.Host), ("database", source.Database)),
        "53300" or "57P03" => Transient("errors.connection.unavailable", source),
        "57P01" or "57P02" or "57P05" or "25P03" => Transient("errors.connection.lost", source),
        "57014" => Statement("errors.extraction.statement_timeout", state),
        "55P03" => SyncFailure.Transient("errors.extraction.lock_timeout", ("sqlstate", state)),
        "40001" or "40P01" => SyncFailure.Transient("errors.extraction.conflict", ("sqlstate", state)),
        "42601" => Statement("errors.extraction.syntax", state),
        "42P01" or "3F000" or "42P17" => Statement("errors.extraction.undefined_table", state),
        "42703" or "42702" => Statement("errors.extraction.undefined_column", state),
        "42501" => Statement("errors.extraction.permission", state),
        "0A000" or "2D000" or "25006" or "25001" or "25P01" or "25P02" => Statement("errors.extraction.statement_refused", state),
        "42P18" or "42883" or "42804" or "42846" or "42725" => Statement("errors.extraction.types", state),
        _ => OfClass(state, source),
    };

    private static SyncFailure OfClass(string state, ServerParameters source) => state[..2] switch
    {
        "08" => Transient("errors.connection.lost", source),
        "22" or "23" => Statement("errors.extraction.data", state),
        "42" => Statement("errors.extraction.syntax", state),
        "25" => Statement("errors.extraction.statement_refused", state),
        "53" => SyncFailure.Transient("errors.extraction.resources", ("sqlstate", state)),
        "54" => Statement("errors.extraction.query_limit", state),
        _ => Statement("errors.extraction.failed", state),
    };

    /// <summary>The driver has no type for a server without TLS, or for a way to authenticate that is not allowed.</summary>
    private static SyncFailure OfConnection(Exception e, ServerParameters source, bool opening)
        => ServerErrors.Of(e, source, opening) is { } known ? known
            : e.Message.Contains("SSL", StringComparison.Ordinal) ? Permanent("errors.connection.tls", source)
            : Permanent("errors.connection.authentication", source);

    private static SyncFailure Transient(string key, ServerParameters s) => SyncFailure.Transient(key, ("host", s.Host), ("port", s.Port));

    private static SyncFailure Permanent(string key, ServerParameters s) => SyncFailure.Permanent(key, ("host", s.Host), ("port", s.Port));

    private static SyncFailure Statement(string key, string state) => SyncFailure.Permanent(key, ("sqlstate", state));
}
