using DataSync.Extract.Json;
using DataSync.Pipeline;
using DataSync.Pipeline.Connectors;
using DataSync.Pipeline.Failures;
using MySqlConnector;

namespace DataSync.Extract.Connectors.MySql;

/// <summary>One read under way: its statement runs on the server, rows become batches as they arrive.</summary>
internal sealed class MySqlRead : IAsyncDisposable
{
    private readonly MySqlStatement _statement;
    private readonly MySqlDataReader _reader;
    private readonly BatchBuilder _records;
    private readonly MySqlRow _row;
    private readonly DocumentKey? _key;
    private bool _ended;
    private bool _drained;

    private MySqlRead(MySqlStatement statement, MySqlDataReader reader, IReadOnlyList<MySqlColumn> columns, ReadRequest request)
    {
        (_statement, _reader) = (statement, reader);
        _records = new BatchBuilder(request);
        _row = new MySqlRow(reader, columns);
        if (statement.Table is not { Key.Count: > 0 } table) return;

        // The Z says what the session's time zone says as well, and MySQL does not read it.
        _key = new DocumentKey(
            table.QuotedName, [.. table.Key.Zip(table.KeyTypes, (k, type) => (k.Name, type))], [.. table.Key.Select(k => columns[table.Columns.ToList().IndexOf(k)].Name)],
            (at, text) => table.Key[at].Type == "timestamp" ? text.TrimEnd('Z') : text);
    }

    /// <summary>Starts the statement.</summary>
    public static async Task<MySqlRead> StartAsync(MySqlSession session, ReadRequest request, CancellationToken ct)
    {
        var statement = await MySqlStatement.PrepareAsync(session, request, ct);
        MySqlDataReader? reader = null;
        try
        {
            reader = await statement.Command.ExecuteReaderAsync(ct);
            var columns = await ColumnsAsync(statement, reader, ct);
            if (statement.Table is null && columns.Any(c => c.Form == ColumnForm.Float))
            {
                await EndAsync(statement.Command, reader);
                await statement.DisposeAsync();
                statement = await statement.BinaryAsync(session, ct);
                reader = await statement.Command.ExecuteReaderAsync(ct);
            }

            return new MySqlRead(statement, reader, columns, request);
        }
        catch
        {
            if (reader is not null) await EndAsync(statement.Command, reader);
            await statement.DisposeAsync();
            throw;
        }
    }

    /// <summary>The next batch; null when there is none.</summary>
    public async Task<RecordBatch?> NextAsync(CancellationToken ct)
    {
        while (!_ended && !_records.IsFull)
        {
            if (_records.Remaining > 0 && await _reader.ReadAsync(ct)) Add();
            else await EndAsync(ct);
        }

        if (_records.IsEmpty) return null;
        var token = _key?.Token(_records.Buffer[_records.Buffer.Count - 1]) ?? [];
        return _records.Take(token);
    }

    public async ValueTask DisposeAsync()
    {
        if (_drained) await _reader.DisposeAsync();
        else await EndAsync(_statement.Command, _reader);
        await _statement.DisposeAsync();
        _row.Dispose();
        _records.Dispose();
    }

    /// <summary>Closing a reader would wait for every row still to come, so a statement that still runs is ended first.</summary>
    private static async Task EndAsync(MySqlCommand command, MySqlDataReader reader)
    {
        try
        {
            await Task.Run(command.Cancel);
            await reader.DisposeAsync();
        }
        catch (Exception e) when (MySqlErrors.IsKnown(e) || e is OperationCanceledException or InvalidOperationException)
        {
            // what became of a statement nobody reads any more does not matter
        }
    }

    private static async Task<MySqlColumn[]> ColumnsAsync(MySqlStatement statement, MySqlDataReader reader, CancellationToken ct)
    {
        if (statement.Table is { } table)
        {
            var unique = FieldNames.Unique([.. table.Columns.Select(c => c.Name)]);
            return [.. statement.Forms!.Select((f, i) => new MySqlColumn(unique[i], f))];
        }

        var schema = await reader.GetColumnSchemaAsync(ct);
        if (schema.Count == 0) throw new SyncFailureException(SyncFailure.Permanent("errors.extraction.no_columns"));
        var names = FieldNames.Unique([.. schema.Select(c => c.ColumnName)]);
        return [.. schema.Select((c, i) => new MySqlColumn(names[i], MySqlColumn.FormOf(((MySqlDbColumn)c).ProviderType)))];
    }

    /// <summary>A limit the server was told of ends its rows as well; where the statement had one of its own, more may come.</summary>
    private async Task EndAsync(CancellationToken ct)
    {
        _ended = true;
        _drained = _records.Remaining > 0 || (_statement.Table is not null && !await _reader.ReadAsync(ct));
    }

    private void Add()
    {
        if (_row.Write(_records.Buffer) is { } rejection) _records.RejectLast(rejection);
    }
}
