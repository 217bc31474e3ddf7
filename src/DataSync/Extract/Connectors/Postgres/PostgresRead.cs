using System.Data;
using DataSync.Extract.Connectors.Postgres.Log;
using DataSync.Pipeline;
using DataSync.Pipeline.Connectors;
using Npgsql;

namespace DataSync.Extract.Connectors.Postgres;

/// <summary>One read under way: its statement runs on the server, rows become batches as they arrive.</summary>
internal sealed class PostgresRead : IAsyncDisposable
{
    private readonly PostgresStatement _statement;
    private readonly NpgsqlBatch _batch;
    private readonly NpgsqlDataReader _reader;
    private readonly BatchBuilder _records;
    private readonly RowLayout _layout;
    private readonly RowStream _rows;
    private bool _ended;

    private PostgresRead(PostgresSession session, PostgresStatement statement, NpgsqlBatch batch, NpgsqlDataReader reader, ReadRequest request, ReadLead? lead)
    {
        (_statement, _batch, _reader) = (statement, batch, reader);
        _records = new BatchBuilder(request);
        _rows = new RowStream(statement.Columns.Count, OversizeRecord.LargestBytes);
        _layout = new RowLayout(statement.Columns, session.HasUncheckedText, lead);
    }

    /// <summary>Starts the statement.</summary>
    /// <param name="session">With its transaction begun.</param>
    /// <param name="request">What to read.</param>
    /// <param name="ct">Ends the wait.</param>
    /// <param name="lead">What each record begins with, by the columns; null for nothing.</param>
    public static async Task<PostgresRead> StartAsync(PostgresSession session, ReadRequest request, CancellationToken ct, Func<IReadOnlyList<RowColumn>, ReadLead>? lead = null)
    {
        var statement = await PostgresStatement.PrepareAsync(session, request, ct);
        var batch = session.Batch(statement.Sql, statement.Values.Select(PostgresSession.Inferred));
        try
        {
            var reader = await batch.ExecuteReaderAsync(CommandBehavior.SequentialAccess, ct);
            return new PostgresRead(session, statement, batch, reader, request, lead?.Invoke(statement.Columns));
        }
        catch
        {
            await batch.DisposeAsync();
            throw;
        }
    }

    /// <summary>The next batch; null when there is none.</summary>
    public async Task<RecordBatch?> NextAsync(CancellationToken ct)
    {
        while (!_ended && !_records.IsFull)
        {
            if (_records.Remaining > 0 && await _reader.ReadAsync(ct)) await AddAsync(ct);
            else _ended = true;
        }

        return _records.IsEmpty ? null : _records.Take(_statement.Key?.Token(_layout) ?? []);
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            // closing the reader would wait for every row still to come; cancelled, the driver asks the server to stop and hangs up
            while (!_ended && !_reader.IsClosed && await _reader.ReadAsync(new CancellationToken(canceled: true)))
            {
                // what had come already
            }
        }
        catch (Exception e) when (PostgresErrors.IsKnown(e) || e is OperationCanceledException)
        {
            // as asked
        }

        try
        {
            await _reader.DisposeAsync();
        }
        catch (Exception e) when (PostgresErrors.IsKnown(e) || e is OperationCanceledException)
        {
            // what became of a statement nobody reads any more does not matter
        }

        await _batch.DisposeAsync();
        _rows.Dispose();
        _records.Dispose();
    }

    private async ValueTask AddAsync(CancellationToken ct)
    {
        var (row, dropped) = await _rows.ReadAsync(_reader, ct);
        var rejection = _layout.Write(row, _records.Buffer);
        if (dropped is { } column) rejection = OversizeRecord.Rejection(_statement.Columns[column].Name);
        if (rejection is not null) _records.RejectLast(rejection);
    }
}
