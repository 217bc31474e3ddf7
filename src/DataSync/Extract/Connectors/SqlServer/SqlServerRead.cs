using System.Data;
using DataSync.Extract.Connectors.SqlServer.Rows;
using DataSync.Extract.Json;
using DataSync.Pipeline;
using DataSync.Pipeline.Connectors;
using DataSync.Pipeline.Failures;
using Microsoft.Data.SqlClient;

namespace DataSync.Extract.Connectors.SqlServer;

/// <summary>One read under way: its statement runs on the server, rows become batches as they arrive. On its session's thread.</summary>
internal sealed class SqlServerRead : IDisposable
{
    private readonly SqlServerStatement _statement;
    private readonly SqlDataReader _reader;
    private readonly BatchBuilder _records;
    private readonly SqlServerRow _row;
    private readonly DocumentKey? _key;
    private bool _ended, _drained;

    private SqlServerRead(SqlServerStatement statement, SqlDataReader reader, IReadOnlyList<SqlServerColumn> columns, ReadRequest request)
    {
        (_statement, _reader) = (statement, reader);
        _records = new BatchBuilder(request);
        _row = new SqlServerRow(reader, columns);
        if (statement.Table is { Key.Count: > 0 } table)
            _key = new DocumentKey(table.QuotedName, [.. table.Key.Zip(table.KeyTypes, (k, type) => (k.Name, type))], [.. table.Key.Select(k => columns[table.Columns.ToList().IndexOf(k)].Name)]);
    }

    /// <summary>Starts the statement.</summary>
    public static SqlServerRead Start(SqlServerSession session, ReadRequest request)
    {
        var statement = SqlServerStatement.Of(session, request);
        SqlDataReader? reader = null;
        try
        {
            reader = statement.Command.ExecuteReader(CommandBehavior.SequentialAccess);
            if (reader.FieldCount == 0) throw new SyncFailureException(SyncFailure.Permanent("errors.extraction.no_columns"));
            return new SqlServerRead(statement, reader, statement.Columns ?? ColumnsOf(reader), request);
        }
        catch
        {
            if (reader is not null) End(statement.Command, reader);
            statement.Dispose();
            throw;
        }
    }

    /// <summary>The columns of an answer.</summary>
    public static SqlServerColumn[] ColumnsOf(SqlDataReader reader)
    {
        var schema = reader.GetColumnSchema();
        var names = FieldNames.Unique([.. schema.Select(c => c.ColumnName)]);
        return [.. schema.Select((c, i) => c.DataTypeName!.Split('.')[^1] is var type ? new SqlServerColumn(names[i], SqlServerColumn.FormOf(type, c.IsLong == true), type) : null!)];
    }

    /// <summary>The next batch; null when there is none.</summary>
    public RecordBatch? Next()
    {
        while (!_ended && !_records.IsFull)
        {
            if (_records.Remaining > 0 && _reader.Read())
            {
                if (_row.Write(_records.Buffer) is { } rejection) _records.RejectLast(rejection);
            }
            else
            {
                _ended = true;
                _drained = _records.Remaining > 0;
            }
        }

        if (_records.IsEmpty) return null;
        var token = _key?.Token(_records.Buffer[_records.Buffer.Count - 1]) ?? [];
        return _records.Take(token);
    }

    public void Dispose()
    {
        if (_drained) _reader.Dispose();
        else End(_statement.Command, _reader);
        _statement.Dispose();
        _row.Dispose();
        _records.Dispose();
    }

    /// <summary>Closing a reader would wait for every row still to come, so a statement that still runs is ended first.</summary>
    private static void End(SqlCommand command, SqlDataReader reader)
    {
        try
        {
            command.Cancel();
            reader.Dispose();
        }
        catch (Exception e) when (SqlServerErrors.IsKnown(e) || e is InvalidOperationException)
        {
            // what became of a statement nobody reads any more does not matter
        }
    }
}
