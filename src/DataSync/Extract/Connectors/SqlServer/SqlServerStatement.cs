using DataSync.Extract.Json;
using DataSync.Pipeline.Connectors;
using Microsoft.Data.SqlClient;

namespace DataSync.Extract.Connectors.SqlServer;

/// <summary>A read, ready to run; with the table where it is one along its key.</summary>
internal sealed record SqlServerStatement(SqlCommand Command, SqlServerTable? Table) : IDisposable
{
    /// <summary>The columns of a table's rows; null for those of a query, which its answer names.</summary>
    public SqlServerColumn[]? Columns => Table is null ? null : FieldNames.Unique([.. Table.Columns.Select(c => c.Name)]) is var names ? [.. Table.Columns.Select((c, i) => new SqlServerColumn(names[i], c.Form, c.Type))] : null;

    /// <summary>Makes the statement of what is asked for.</summary>
    public static SqlServerStatement Of(SqlServerSession session, ReadRequest request)
    {
        if (request.Table is { } name) return OfTable(session, SqlServerTable.Find(session, name), request);
        if (!request.ResumeToken.IsEmpty) throw ResumeToken.Lost(null);
        var query = SqlServerQuery.Of(request);
        if (request.Window is not { } window) return new SqlServerStatement(query.Command(session, query.Text.Sql), null);
        var column = query.ColumnOf(session, window.Field);
        var (behind, values) = SqlServerWindow.Of(window, column.Form, column.Type);
        return new SqlServerStatement(query.Command(session, query.Text.Within(behind), values), null);
    }

    public void Dispose() => Command.Dispose();

    /// <summary>A window comes in the order of its column, so it knows no place along the key.</summary>
    private static SqlServerStatement OfTable(SqlServerSession session, SqlServerTable table, ReadRequest request)
    {
        if (request.Window is { } window)
        {
            var column = table.Column(window.Field);
            var (behind, bounds) = window.Extent is { } extent ? SqlServerExtent.Read(extent).Condition() : SqlServerWindow.Of(window, column.Form, column.Type);
            return new SqlServerStatement(Prepared(session, table.Select(behind, request.RowLimit), bounds), table with { Key = [] });
        }

        var token = ResumeToken.Read(request.ResumeToken.Span, table.QuotedName, [.. table.Key.Select(c => c.Name)], table.KeyTypes);
        var (select, keys) = table.Select(token, request.RowLimit);
        return new SqlServerStatement(Prepared(session, select, keys), table);
    }

    private static SqlCommand Prepared(SqlServerSession session, string sql, IReadOnlyList<SqlParameter> values)
    {
        var command = session.Command(sql);
        foreach (var value in values) command.Parameters.Add(value);
        return command;
    }
}
