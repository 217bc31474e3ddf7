using System.Data;
using DataSync.Pipeline.Incremental;

namespace DataSync.Extract.Connectors.Postgres;

/// <summary>
/// Where a table stands: transactions are numbered by server, so a number says nothing of the rows of another one, though it may be greater there. A physical copy that was promoted is the same server, and its
/// transactions go on where they were.
/// </summary>
/// <param name="System">The server's identity. Empty where it does not tell the login.</param>
/// <param name="Database">The database's number.</param>
/// <param name="Table">The table's number: one that was dropped and made anew has another; one that was rewritten or emptied keeps it.</param>
internal sealed record PostgresOrigin(string System, long Database, long Table)
{
    /// <summary>SQL for whether the login may ask for the server's identity. Apart, because a statement that names a function which may not be called fails, whether it would come to call it or not.</summary>
    public const string TellsSystem = "pg_catalog.has_function_privilege('pg_catalog.pg_control_system()', 'EXECUTE')";

    /// <summary>Asks for a table by its quoted name.</summary>
    public static async Task<PostgresOrigin> AskAsync(PostgresSession session, string table, CancellationToken ct)
    {
        const string Sql = $"SELECT {TellsSystem}, (SELECT d.oid::bigint FROM pg_catalog.pg_database d WHERE d.datname = current_database()), CAST($1 AS pg_catalog.regclass)::oid::bigint";
        bool tells;
        PostgresOrigin origin;
        await using (var reader = await session.QueryAsync(Sql, [PostgresSession.Inferred(table)], CommandBehavior.Default, ct))
        {
            await reader.ReadAsync(ct);
            (tells, origin) = (reader.GetBoolean(0), new PostgresOrigin("", reader.GetInt64(1), reader.GetInt64(2)));
        }

        return tells ? origin with { System = await SystemAsync(session, ct) } : origin;
    }

    /// <summary>The server's identity, where it tells.</summary>
    public static async Task<string> SystemAsync(PostgresSession session, CancellationToken ct)
    {
        await using var reader = await session.QueryAsync("SELECT system_identifier::text FROM pg_catalog.pg_control_system()", [], CommandBehavior.Default, ct);
        await reader.ReadAsync(ct);
        return reader.GetString(0);
    }

    /// <summary>Why what was remembered of a table says nothing of this one; null where it does.</summary>
    public TrackingReason? Lost(PostgresOrigin now)
        => now.Database != Database || (System.Length > 0 && now.System.Length > 0 && now.System != System) ? TrackingReason.Of("tracking.cursor.lost.server")
            : now.Table != Table ? TrackingReason.Of("tracking.cursor.lost.table")
            : null;
}
