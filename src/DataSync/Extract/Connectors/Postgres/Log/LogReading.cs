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
/// How long the server looks through the log of other tables, nobody knows, so a reading goes on as long as it gets on. Once half of the sync's time is over it ends with the transaction under way: only what a
/// complete sync has come to is stored, and is where the next one goes on, and what the server may forget.
/// </summary>
internal sealed class LogReading : IDisposable
{
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(5);

    /// <summary>So often whoever waits is told that it gets on, and how far it has come.</summary>
    private static readonly TimeSpan Stride = TimeSpan.FromSeconds(1);

    /// <summary>Messages between two looks at the clock, where they do not have to be waited for.</summary>
    private const int Many = 256;

    private readonly LogSession _log;
    private readonly LogFacts _table;
    private readonly Func<IEnumerable<uint>, CancellationToken, Task<(WireCatalog Types, bool CheckText)>> _types;
    private readonly TimeProvider _time;
    private readonly BatchBuilder _records;
    private readonly LogMessage _message = new(OversizeRecord.LargestBytes);
    private readonly List<LogValue> _row = [], _before = [];
    private readonly ulong _begin, _end;
    private readonly LogToken? _resume;
    private readonly TimeSpan _enough;
    private readonly long _began;
    private ChangeLayout? _layout;
    private ulong _transaction, _told;
    private uint _index;
    private long _skip, _taken;
    private Step _step;

    /// <summary>A message that is waited for, over strides, and not taken yet.</summary>
    private Task<bool>? _moving;

    public LogReading(
        LogSession log, LogFacts table, ReadRequest request, ulong from, ulong end, LogToken? resume,
        Func<IEnumerable<uint>, CancellationToken, Task<(WireCatalog Types, bool CheckText)>> types, TimeProvider time)
    {
        (_log, _table, _records, _resume, _types, _time) = (log, table, new BatchBuilder(request), resume, types, time);
        (_begin, _told, Reached, _end) = (from, from, from, end);
        (_enough, _began) = (request.StatementTimeout / 2, time.GetTimestamp());
    }

    /// <summary>All that was committed below it is delivered.</summary>
    public ulong Reached { get; private set; }

    /// <summary>True once everything was handed out that this reading has.</summary>
    public bool HasEnded { get; private set; }

    /// <summary>It ended for its time, before the end of its stretch.</summary>
    public bool IsCutShort { get; private set; }

    /// <summary>
    /// The next batch. At the latest a moment after something came, it gives back what there is to say: a batch without records where nothing but the place has changed, and null where there is nothing to say
    /// but that it gets on.
    /// </summary>
    public async Task<RecordBatch?> NextAsync(CancellationToken ct)
    {
        _step = new Step(_time.GetTimestamp(), _taken, _log.Moves);
        var pauses = false;
        while (!HasEnded && !pauses && !_records.IsFull)
        {
            if (_transaction == 0 && Reached > _begin && _time.GetElapsedTime(_began) >= _enough)
            {
                IsCutShort = true;
                await EndAsync(ct);
            }
            else if (await MoveAsync(ct) is not { } moved)
            {
                pauses = true;
            }
            else if (moved)
            {
                await TakeAsync(ct);
                pauses = ++_taken % Many == 0 && IsOver;
            }
            else
            {
                HasEnded = true;
            }
        }

        if (!pauses || _records.IsFull) return _records.IsEmpty ? null : Batch();
        return _records.IsEmpty && _transaction == 0 && Reached > _told ? Batch() : null;
    }

    public void Dispose()
    {
        _message.Dispose();
        _records.Dispose();
    }

    /// <summary>A stride is over, and something has come in it.</summary>
    private bool IsOver => _time.GetElapsedTime(_step.Began) >= Stride && (_taken > _step.Taken || _log.Moves > _step.Moves);

    private RecordBatch Batch()
    {
        _told = Reached;
        return _records.Take(JsonSerializer.SerializeToUtf8Bytes(Token()));
    }

    private LogToken Token() => _transaction == 0 ? new LogToken(LogPosition.Text(Reached)) : new LogToken(LogPosition.Text(Reached), LogPosition.Text(_transaction), _index);

    /// <summary>
    /// Waits for the next message; false at the end, null where a stride is over before it comes. Where nothing comes, the server says how far it has looked, and that is as good: what it had to send lies before.
    /// </summary>
    private async ValueTask<bool?> MoveAsync(CancellationToken ct)
    {
        var moving = _moving ??= _log.MoveAsync();
        while (!moving.IsCompleted)
        {
            _log.Look();
            if (_transaction == 0)
            {
                Reached = Math.Max(Reached, _log.Received);
                if (_log.Received >= _end)
                {
                    await _log.ConfirmAsync(ct);
                    return false;
                }
            }

            if (IsOver) return null;
            await Task.WhenAny(moving, Task.Delay(Look, _time, ct));
            ct.ThrowIfCancellationRequested();
        }

        _moving = null;
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
        HasEnded = true;
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
        var (kind, columns) = (_message.Kind, layout.Relation.Columns.Count);
        List<LogValue>? before = null;
        var isWhole = false;
        if (_message.Peek() is (byte)'K' or (byte)'O')
        {
            isWhole = _message.Byte() == (byte)'O';
            _message.Row(before = _before, columns);
        }

        if (kind == 'D')
        {
            Write(layout, "delete"u8, before ?? throw LogMessage.Broken(), null, isWhole, isDelete: true);
            return;
        }

        _message.Byte();
        _message.Row(_row, columns);
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

    /// <summary>When a step began, and what had come by then.</summary>
    private readonly record struct Step(long Began, long Taken, long Moves);
}
