using System.Data;
using DataSync.Extract.Connectors.Postgres.Wire;

namespace DataSync.Extract.Connectors.Postgres.Log;

/// <summary>Whether the columns of a table can be read from the log's binary forms as they are read from the table itself.</summary>
internal static class LogColumns
{
    private const string Sql =
        """
        SELECT a.attname::text, a.atttypid::bigint FROM pg_catalog.pg_attribute a
        WHERE a.attrelid = pg_catalog.to_regclass($1) AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum
        """;

    /// <summary>The first column of a type that the table's own reading casts on the server, which the log cannot, or of the name that a change's own member has; null where there is none.</summary>
    public static async Task<string?> FirstUnreadableAsync(PostgresSession session, PostgresTable table, CancellationToken ct)
    {
        List<(string Name, uint Type)> columns = [];
        await using (var reader = await session.QueryAsync(Sql, [PostgresSession.Text(table.QuotedName)], CommandBehavior.Default, ct))
        {
            while (await reader.ReadAsync(ct)) columns.Add((reader.GetString(0), (uint)reader.GetInt64(1)));
        }

        var catalog = await WireCatalog.LoadAsync(session, columns.Select(c => c.Type), ct);
        return columns.Find(c => c.Name == ChangeMember.Name || catalog.Column(c.Type).Cast is not null).Name;
    }
}
