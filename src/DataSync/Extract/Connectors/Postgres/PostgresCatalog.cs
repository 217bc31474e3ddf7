using System.Data;
using DataSync.Extract.Connectors.Postgres.Wire;
using DataSync.Pipeline.Connectors;

namespace DataSync.Extract.Connectors.Postgres;

/// <summary>Lists the tables and views a login can read, with what their columns come out as.</summary>
internal static class PostgresCatalog
{
    /// <summary>More than an honest server has; what comes behind them is left out.</summary>
    private const int MostColumns = 1_000_000;

    private const string Sql =
        """
        SELECT n.nspname::text, c.relname::text,
               CASE c.relkind WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized_view' WHEN 'f' THEN 'foreign_table' ELSE 'table' END,
               a.attname::text, pg_catalog.format_type(a.atttypid, a.atttypmod), a.atttypid::bigint, NOT a.attnotnull,
               COALESCE(pg_catalog.array_position(i.indkey::pg_catalog.int2[], a.attnum), -1)
        FROM pg_catalog.pg_class c
        JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
        JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
        LEFT JOIN pg_catalog.pg_index i ON i.indrelid = c.oid AND i.indisprimary
        WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
          AND pg_catalog.has_schema_privilege(n.oid, 'USAGE') AND pg_catalog.has_column_privilege(c.oid, a.attnum, 'SELECT')
        ORDER BY n.nspname, c.relname, a.attnum
        """;

    public static async Task<IReadOnlyList<SourceTable>> ReadAsync(PostgresSession session, CancellationToken ct)
    {
        var rows = new List<ColumnRow>();
        await using (var reader = await session.QueryAsync(Sql, [], CommandBehavior.Default, ct))
        {
            while (rows.Count < MostColumns && await reader.ReadAsync(ct))
                rows.Add(new ColumnRow(
                    reader.GetString(0), reader.GetString(1), reader.GetString(2), reader.GetString(3), reader.GetString(4),
                    (uint)reader.GetInt64(5), reader.GetBoolean(6), reader.GetInt32(7)));
        }

        var types = await WireCatalog.LoadAsync(session, rows.Select(r => r.TypeOid).Distinct(), ct);
        return [.. rows.GroupBy(r => (r.Schema, r.Table, r.Kind)).Select(t => new SourceTable(
            t.Key.Schema, t.Key.Table, t.Key.Kind,
            [.. t.Select(c => new SourceColumn(c.Column, c.Type, types.Column(c.TypeOid).Format.JsonType, c.Nullable))],
            [.. t.Where(c => c.KeyPlace >= 0).OrderBy(c => c.KeyPlace).Select(c => c.Column)]))];
    }

    private sealed record ColumnRow(string Schema, string Table, string Kind, string Column, string Type, uint TypeOid, bool Nullable, int KeyPlace);
}
