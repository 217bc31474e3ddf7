using System.Data;
using System.Globalization;
using DataSync.Extract.Connectors.Postgres.Wire;
using DataSync.Extract.Json;
using DataSync.Pipeline.Connectors;
using DataSync.Pipeline.Failures;
using Npgsql;

namespace DataSync.Extract.Connectors.Postgres;

/// <summary>
/// A read, ready to run. The tenant's statement always stands within <c>SELECT * FROM (…)</c>, sent as one statement: whatever it holds, the
/// server can parse the whole only as one SELECT, in which nothing may write. Each row comes back as one value, <c>record_send</c> of it:
/// the columns' binary forms in a row, without the driver's work on every column.
/// </summary>
internal sealed record PostgresStatement(string Sql, IReadOnlyList<string?> Values, IReadOnlyList<RowColumn> Columns, PostgresKey? Key)
{
    /// <summary>Finds out the columns and builds the statement.</summary>
    public static async Task<PostgresStatement> PrepareAsync(PostgresSession session, ReadRequest request, CancellationToken ct)
    {
        PostgresTable? table = null;
        string sql;
        IReadOnlyList<string?> values;
        if (request.Table is { } name)
        {
            table = await PostgresTable.FindAsync(session, name, ct);
            if (request.Window is { Extent: null })
            {
                (sql, values, table) = ($"SELECT * FROM {table.QuotedName}", [], null);
            }
            else
            {
                var extent = request.Window is { Extent: { } planned } ? PostgresExtent.Read(planned) : null;
                (sql, values) = table.Select(ResumeToken.Read(request.ResumeToken.Span, table.QuotedName, table.KeyColumns, table.KeyTypes), extent);
            }
        }
        else
        {
            if (!request.ResumeToken.IsEmpty) throw ResumeToken.Lost(null);
            (sql, values) = Bind(request);
        }

        if (request.Window is { Extent: null } window) (sql, values) = PostgresWindow.Of(sql, values, window);

        var described = await DescribeAsync(session, sql, values, ct);
        var catalog = await WireCatalog.LoadAsync(session, described.Select(c => c.Type), ct);
        var names = FieldNames.Unique([.. described.Select(c => c.Name)]);
        var columns = described.Select((c, i) => new RowColumn(names[i], catalog.Column(c.Type))).ToArray();
        return new PostgresStatement(Wrap(sql, columns, request.RowLimit), values, columns, table is null ? null : PostgresKey.Of(table, columns));
    }

    public IEnumerable<NpgsqlParameter> Parameters() => Values.Select(PostgresSession.Inferred);

    /// <summary>The tenant's statement with the server's own parameters.</summary>
    public static (string Sql, IReadOnlyList<string?> Values) Bind(ReadRequest request)
    {
        var (sql, names) = NamedParameters.Bind(request.Query!, request.Parameters.Keys.ToHashSet(StringComparer.Ordinal));
        if (request.Parameters.Keys.FirstOrDefault(p => !names.Contains(p)) is { } unused)
            throw new SyncFailureException(SyncFailure.Permanent("errors.extraction.parameter_unused", ("name", unused)));

        return (sql, [.. names.Select(n => QueryParameter.Text(request.Parameters[n]))]);
    }

    private static async Task<List<(string Name, uint Type)>> DescribeAsync(
        PostgresSession session, string sql, IReadOnlyList<string?> values, CancellationToken ct)
    {
        await using var reader = await session.QueryAsync(
            $"SELECT * FROM (\n{sql}\n) AS q", values.Select(PostgresSession.Inferred), CommandBehavior.SchemaOnly, ct);
        if (reader.FieldCount == 0) throw new SyncFailureException(SyncFailure.Permanent("errors.extraction.no_columns"));
        return [.. Enumerable.Range(0, reader.FieldCount).Select(i => (reader.GetName(i), reader.GetDataTypeOID(i)))];
    }

    private static string Wrap(string sql, RowColumn[] columns, long? rowLimit)
    {
        var aliases = string.Join(",", columns.Select((_, i) => $"c{i}"));
        var casts = string.Join(",", columns.Select((c, i) => c.Wire.Cast is { } type ? $"q.c{i}::{type}" : $"q.c{i}"));
        var limit = rowLimit is { } rows ? string.Create(CultureInfo.InvariantCulture, $" LIMIT {rows}") : "";
        return $"SELECT pg_catalog.record_send(r) FROM (SELECT {casts} FROM (\n{sql}\n) AS q({aliases})) AS r{limit}";
    }
}

/// <summary>A column of a read: its member's name and how it is fetched.</summary>
internal sealed record RowColumn(string Name, WireColumn Wire);
