using System.Text.Json;
using DataSync.Extract.Connectors.Postgres.Wire;
using DataSync.Extract.Json;
using DataSync.Pipeline;
using DataSync.Pipeline.Connectors;
using DataSync.Pipeline.Failures;

namespace DataSync.Extract.Connectors.Postgres.Log;

/// <summary>
/// Reads a stretch of the log: transactions in the order of their commits, from where the last sync ended up to the end the log had when this one was planned. A
/// transaction that was begun to be delivered is gone on with behind its last delivered record.
/// </summary>
internal sealed class LogReading : IDisposable
{
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(5);
    private readonly LogSession _log;
    private readonly LogFacts _table;
    private readonly Func<IEnumerable<uint>, CancellationToken, Task<(WireCatalog Types, bool CheckText)>> _types;
    private readonly TimeProvider _time;
    private readonly BatchBuilder _records;
    private readonly LogMessage _message = new(OversizeRecord.LargestBytes);
    private readonly List<LogValue> _row = [], _before = [];
    private readonly ulong _end;
    private readonly LogToken? _resume;
    private ChangeLayout? _layout;
    private ulong _transaction;
    private uint _index;
    private long _skip;
    private bool _ended;

    public LogReading(
        LogSession log, LogFacts table, ReadRequest request, ulong from, ulong end, LogToken? resume,
        Func<IEnumerable<uint>, CancellationToken, Task<(WireCatalog Types, bool CheckText)>> types, TimeProvider time)
        => (_log, _table, _records, Reached, _end, _resume, _types, _time) = (log, table, new BatchBuilder(request), from, end, resume, types, time);

    /// <summary>All that was committed below it is delivered.</summary>
    public ulong Reached { get; private set; }

    /// <summary>The next batch; null once the end is reached.</summary>
    public async Task<RecordBatch?> NextAsync(CancellationToken ct)
    {
        while (!_ended && !_records.IsFull)
        {
            if (await MoveAsync(ct)) await TakeAsync(ct);
            else _ended = true;
        }

        return _records.IsEmpty ? null : _records.Take(JsonSerializer.SerializeToUtf8Bytes(Token()));
    }

    public void Dispose()
    {
        _message.Dispose();
        _records.Dispose();
    }

    private LogToken Token() => _transaction == 0 ? new LogToken(LogPosition.Text(Reached)) : new LogToken(LogPosition.Text(Reached), LogPosition.Text(_transaction), _index);

    /// <summary>
    /// Waits for the next message; false at the end. Where nothing more comes, the server says how far it has looked, and that is as good: what it had to send lies before.
    /// </summary>
    private async ValueTask<bool> MoveAsync(CancellationToken ct)
    {
        var moving = _log.MoveAsync();
        while (!moving.IsCompleted)
        {
            if (_transaction == 0 && _log.Received >= _end)
            {
                Reached = Math.Max(Reached, _log.Received);
                await _log.ConfirmAsync(ct);
                return false;
            }

            await Task.WhenAny(moving, Task.Delay(Look, _time, ct));
            ct.ThrowIfCancellationRequested();
        }

        return await moving;
    }

    private async ValueTask TakeAsync(CancellationToken ct)
    {
        await _message.ReadAsync(_log.Current.Data, ct);
        switch (_message.Kind)
        {
            case 'B':
                await BeginAsync(_message.Long(), ct);
                break;
            case 'C':
                _message.Byte();
                _message.Long();
                await CommitAsync(_message.Long(), ct);
                break;
            case 'R':
                await DescribeAsync(LogRelation.Read(_message), ct);
                break;
            case 'I' or 'U' or 'D':
                if (_layout is { } layout && layout.Relation.Id == _message.Int()) Row(layout);
                break;
            case 'T':
                Truncate();
                break;
        }
    }

    /// <summary>A transaction that was committed after the sync was planned belongs to the next one.</summary>
    private async ValueTask BeginAsync(ulong commit, CancellationToken ct)
    {
        if (commit >= _end)
        {
            Reached = Math.Max(Reached, _end);
            await EndAsync(ct);
            return;
        }

        (_transaction, _index) = (commit, 0);
        _skip = _resume?.Transaction is { } begun && LogPosition.Parse(begun) == commit ? _resume.Done : 0;
    }

    private async ValueTask CommitAsync(ulong end, CancellationToken ct)
    {
        (Reached, _transaction, _index, _skip) = (end, 0, 0, 0);
        if (end >= _end) await EndAsync(ct);
    }

    private async ValueTask EndAsync(CancellationToken ct)
    {
        _ended = true;
        await _log.ConfirmAsync(ct);
    }

    /// <summary>From here on rows have these columns.</summary>
    private async ValueTask DescribeAsync(LogRelation relation, CancellationToken ct)
    {
        if (relation.Id != _table.TableId && (relation.Schema != _table.Schema || relation.Name != _table.Name)) return;
        var (types, checkText) = await _types(relation.Columns.Select(c => c.Type), ct);
        _layout = new ChangeLayout(relation, _table.Table.KeyColumns, types, checkText);
        if (_layout.Unreadable is { } column) throw new SyncFailureException(SyncFailure.Permanent("errors.extraction.log_types", ("column", column)));
    }

    private void Row(ChangeLayout layout)
    {
        var kind = _message.Kind;
        List<LogValue>? before = null;
        var isWhole = false;
        if (_message.Peek() is (byte)'K' or (byte)'O')
        {
            isWhole = _message.Byte() == (byte)'O';
            _message.Row(before = _before);
        }

        if (kind == 'D')
        {
            Write(layout, "delete"u8, before!, null, isWhole, isDelete: true);
            return;
        }

        _message.Byte();
        _message.Row(_row);
        if (kind == 'I') Write(layout, "insert"u8, _row, null, isWhole: false);
        else if (before is null || layout.HasSameKey(_message, before, _row)) Write(layout, "update"u8, _row, before, isWhole);
        else
        {
            Write(layout, "delete"u8, before, null, isWhole, isDelete: true);
            Write(layout, "insert"u8, _row, before, isWhole);
        }
    }

    private void Write(ChangeLayout layout, ReadOnlySpan<byte> operation, List<LogValue> row, List<LogValue>? before, bool isWhole, bool isDelete = false)
    {
        if (++_index <= _skip) return;
        if (layout.Write(new Change(operation, _transaction, _index, isDelete), _message, row, before, isWhole, _records.Buffer) is { } rejection) _records.RejectLast(rejection);
    }

    /// <summary>Every row is gone at once. One record says so: nobody knows any more which rows there were.</summary>
    private void Truncate()
    {
        var tables = _message.Int();
        _message.Byte();
        for (; tables > 0; tables--)
        {
            if (_message.Int() != _layout?.Relation.Id) continue;
            if (++_index <= _skip) continue;
            ChangeMember.Begin("truncate"u8, _records.Buffer);
            ChangeMember.Position(_transaction, _index, _records.Buffer);
            JsonText.WriteRaw("}}"u8, _records.Buffer);
            _records.Buffer.EndRecord();
        }
    }
}
