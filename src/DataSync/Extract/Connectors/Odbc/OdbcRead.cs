using System.Runtime.ExceptionServices;
using DataSync.Extract.Connectors.Odbc.Native;
using DataSync.Extract.Connectors.Odbc.Rows;
using DataSync.Pipeline;
using DataSync.Pipeline.Connectors;

namespace DataSync.Extract.Connectors.Odbc;

/// <summary>
/// One read under way, in two steps at once: while the driver fills one block of rows on the session's thread, the block before it becomes documents
/// on the caller's.
/// </summary>
internal sealed class OdbcRead : IDisposable
{
    private readonly OdbcSession _session;
    private readonly OdbcThread _thread;
    private readonly ReadRequest _request;
    private readonly RowBlock[] _blocks = [new(), new()];
    private readonly BatchBuilder _records;
    private readonly RowWriter _writer;
    private OdbcStatement _statement;
    private BlockReader _reader;
    private Task<RowBlock>? _coming;
    private RowBlock? _block;
    private long _asked, _pageRows;
    private int _row, _turn;
    private bool _isExhausted;
    private ExceptionDispatchInfo? _failure;

    private OdbcRead(OdbcSession session, OdbcThread thread, ReadRequest request, OdbcStatement statement)
    {
        (_session, _thread, _request, _statement) = (session, thread, request, statement);
        _records = new BatchBuilder(request);
        _writer = new RowWriter(statement.Projection);
        _reader = Reader(session, statement);
    }

    /// <summary>What is fetched and not yet here; completed where nothing is.</summary>
    public Task Coming => _coming ?? Task.CompletedTask;

    /// <summary>True where an answer that was too large would have been a smaller one to whoever goes on behind the last record.</summary>
    public bool AsksAhead => _reader.AsksAhead;

    /// <summary>Executes the statement. Blocks.</summary>
    public static OdbcRead Start(OdbcSession session, OdbcThread thread, ReadRequest request)
        => new(session, thread, request, OdbcStatement.Execute(session, request, request.ResumeToken));

    /// <summary>The same for the one record that shows the greatest value of the window's column. Blocks.</summary>
    public static OdbcRead Greatest(OdbcSession session, OdbcThread thread, ReadRequest request)
        => new(session, thread, request with { RowLimit = 1, ResumeToken = default, FirstSeq = 0 }, OdbcStatement.Greatest(session, request));

    /// <summary>
    /// The next batch; null when there is none. Where an answer asked for ahead fails, what came before is handed out first: whoever goes on asks as far ahead again, and must not do so from the same record for ever.
    /// </summary>
    public async Task<RecordBatch?> NextAsync(CancellationToken ct)
    {
        _failure?.Throw();
        try
        {
            while (!_records.IsFull && _records.Remaining > 0 && (_row < (_block?.Count ?? 0) || await ForwardAsync(ct)))
            {
                if (_writer.Write(_block!, _row++, _records.Buffer) is { } rejection) _records.RejectLast(rejection);
            }
        }
        catch (OdbcException e) when (AsksAhead && !_records.IsEmpty)
        {
            _failure = ExceptionDispatchInfo.Capture(e);
        }

        return _records.IsEmpty ? null : _records.Take(_statement.IsResumable ? Token(_block!, _row - 1) : []);
    }

    /// <summary>Frees what the driver writes into. On the session's thread, or once no call is under way.</summary>
    public void Dispose()
    {
        _statement.Dispose();
        _reader.Dispose();
        foreach (var block in _blocks) block.Dispose();
        _records.Dispose();
    }

    /// <summary>Takes the block that was fetched, and has the next one fetched; false when there are no rows any more.</summary>
    private async Task<bool> ForwardAsync(CancellationToken ct)
    {
        while (!_isExhausted || await TurnPageAsync(ct))
        {
            var block = await _thread.WaitAsync(_coming ??= Fetch(), ct);
            (_coming, _isExhausted, _pageRows) = (null, block.IsLast || block.Count == 0, _pageRows + block.Count);
            if (block.Count == 0)
            {
                // the block before stays as it is: its last row is where a batch or a page ends
                _turn--;
                continue;
            }

            (_block, _row) = (block, 0);
            if (!_isExhausted && _asked < Limit) _coming = Fetch();
            return true;
        }

        return false;
    }

    private static BlockReader Reader(OdbcSession session, OdbcStatement statement)
        => new(statement.Handle, statement.Projection.Fetched, session, mayAskAhead: statement.HasTokens);

    private long Limit => _request.RowLimit ?? long.MaxValue;

    private Task<RowBlock> Fetch()
    {
        var (block, reader, most) = (_blocks[_turn++ % 2], _reader, Math.Max(1, Limit - _asked));
        return _thread.Begin(() =>
        {
            reader.Fetch(block, most);
            _asked += block.Count;
            return block;
        });
    }

    /// <summary>Asks for the page behind the last row; false where rows are not read by pages, or the page before was not full.</summary>
    private async Task<bool> TurnPageAsync(CancellationToken ct)
    {
        if (_statement.PageRows is not { } page || _pageRows < page || _block is null) return false;
        var token = Token(_block, _block.Count - 1);
        if (token.Length == 0) throw ResumeToken.Lost(null);
        (_pageRows, _isExhausted) = (0, false);
        return await _thread.RunAsync(
            () =>
            {
                _statement.Dispose();
                _reader.Dispose();
                _statement = OdbcStatement.Execute(_session, _request, token, _statement.Table);
                _reader = Reader(_session, _statement);
                return true;
            },
            ct);
    }

    private byte[] Token(RowBlock block, int row)
    {
        if (_statement.Table is not { } table || _statement.KeyPlaces.Count == 0) return [];
        var values = new KeyValue[table.Key.Count];
        for (var i = 0; i < values.Length; i++)
        {
            if (_statement.KeyPlaces[i] < 0 || _writer.Key(block, row, _statement.KeyPlaces[i]) is not { } text) return [];
            values[i] = new KeyValue(table.Key[i].Name, table.Key[i].Type, text);
        }

        return new ResumeToken(table.QuotedName, values).ToJson();
    }
}
