using DataSync.Pipeline.Connectors;
using Microsoft.Data.SqlClient;

namespace DataSync.Extract.Connectors.SqlServer;

/// <summary>Asks the server what tables there are. It shows a login only what it has a privilege on.</summary>
internal static class SqlServerCatalog
{
    /// <summary>A hidden column is one that <c>*</c> leaves out.</summary>
    private const string Columns =
        """
        SELECT c.object_id, c.name, LOWER(CASE WHEN c.system_type_id = 240 THEN own.name ELSE COALESCE(base.name, own.name) END), c.max_length, c.precision, c.scale, c.collation_name, c.is_nullable
        FROM sys.columns c JOIN sys.types own ON own.user_type_id = c.user_type_id LEFT JOIN sys.types base ON base.user_type_id = c.system_type_id
        """;

    /// <summary>The columns of one table in their order, without those that are hidden.</summary>
    public static List<TableColumn> ColumnsOf(SqlServerSession session, long id)
        => session.Query($"{Columns} WHERE c.object_id = @id AND c.is_hidden = 0 ORDER BY c.column_id", Column, ("@id", id));

    /// <summary>Every table and view, with what its columns come out as.</summary>
    public static IReadOnlyList<SourceTable> Read(SqlServerSession session)
    {
        var keys = session.Query(
            """
            SELECT i.object_id, c.name FROM sys.indexes i JOIN sys.index_columns k ON k.object_id = i.object_id AND k.index_id = i.index_id JOIN sys.columns c ON c.object_id = k.object_id AND c.column_id = k.column_id
            WHERE i.is_primary_key = 1 AND k.key_ordinal > 0 ORDER BY i.object_id, k.key_ordinal
            """,
            static row => (Table: row.GetInt32(0), Column: row.GetString(1))).ToLookup(k => k.Table, k => k.Column);
        var columns = session.Query($"{Columns} WHERE c.is_hidden = 0 ORDER BY c.object_id, c.column_id", static row => (Table: row.GetInt32(0), Column: Column(row))).ToLookup(c => c.Table, c => c.Column);
        return session.Query(
            """
            SELECT o.object_id, s.name, o.name, o.type FROM sys.objects o JOIN sys.schemas s ON s.schema_id = o.schema_id
            WHERE o.type IN ('U', 'V') AND o.is_ms_shipped = 0 ORDER BY s.name, o.name
            """,
            row =>
            {
                var id = row.GetInt32(0);
                return new SourceTable(
                    row.GetString(1), row.GetString(2), row.GetString(3).Trim() == "V" ? "view" : "table",
                    [.. columns[id].Select(c => new SourceColumn(c.Name, c.FullType, c.JsonType, c.Nullable))], [.. keys[id]]);
            });
    }

    private static TableColumn Column(SqlDataReader row)
        => new(row.GetString(1), row.GetString(2), row.GetInt16(3), row.GetByte(4), row.GetByte(5), row.IsDBNull(6) ? null : row.GetString(6), row.GetBoolean(7));
}
