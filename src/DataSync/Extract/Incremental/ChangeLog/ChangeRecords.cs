using System.Buffers;
using System.Buffers.Text;
using System.Text;
using System.Text.Json;
using DataSync.Extract.Json;
using DataSync.Pipeline;

namespace DataSync.Extract.Incremental.ChangeLog;

/// <summary>
/// Makes records of changes from rows of a change log, and of a table that is read whole: the row's own bytes with one member in front. An update that changed the key is a delete of the
/// old one and an insert of the new.
/// </summary>
internal sealed class ChangeRecords
{
    /// <summary>The member in front of a record.</summary>
    public const string Member = "_change";

    private static readonly JsonReaderOptions AnyDepth = new() { MaxDepth = int.MaxValue };
    private readonly byte[][] _key, _keyMembers, _oldKey;
    private readonly (int Start, int End)[] _old, _new;

    /// <summary>For a table with this key.</summary>
    /// <param name="key">The key's columns.</param>
    public ChangeRecords(IReadOnlyList<string> key)
    {
        _key = [.. key.Select(Encoding.UTF8.GetBytes)];
        _keyMembers = [.. key.Select(JsonText.MemberName)];
        _oldKey = [.. key.Select((_, i) => Encoding.UTF8.GetBytes(ChangeLogNames.OldKey(i)))];
        (_old, _new) = (new (int, int)[key.Count], new (int, int)[key.Count]);
    }

    /// <summary>The position of the last change; 0 before the first.</summary>
    public long Last { get; private set; }

    /// <summary>How many changes of the log were found so far.</summary>
    public long Count { get; private set; }

    /// <summary>By how many the table's rows have grown with what was made so far.</summary>
    public long Grown { get; private set; }

    /// <summary>Rows of the table itself, as they stood at a position. Takes the batch.</summary>
    public RecordBatch Rows(RecordBatch rows, long seq, long position)
    {
        using (rows)
        {
            var to = new Target(seq, rows);
            Grown += rows.Count;
            for (var i = 0; i < rows.Count; i++)
            {
                var row = rows.Raw[i];
                FindKey(row, 0);
                Begin(to.Buffer, "read"u8, row, _new, position, 9);
                Rest(to.Buffer, row[1..]);
                to.End(i);
            }

            return to.Batch();
        }
    }

    /// <summary>Rows of the change log. Takes the batch.</summary>
    /// <param name="log">The rows, in order.</param>
    /// <param name="seq">Ordinal of the first record.</param>
    /// <param name="wanted">The positions that are told, in order. What appeared between them since they were decided is the next sync's.</param>
    public RecordBatch Changes(RecordBatch log, long seq, IReadOnlyList<PositionRange> wanted)
    {
        using (log)
        {
            var to = new Target(seq, log);
            for (var (i, at) = (0, 0); i < log.Count; i++) Change(log.Raw[i], to, i, wanted, ref at);
            return to.Batch();
        }
    }

    private void Change(ReadOnlySpan<byte> document, Target to, int i, IReadOnlyList<PositionRange> wanted, ref int at)
    {
        var (operation, begin) = FindOurs(document);
        while (at < wanted.Count && wanted[at].To < Last) at++;
        if (at == wanted.Count || wanted[at].From > Last) return;
        Count++;
        if (operation is not ((byte)'I' or (byte)'U' or (byte)'D')) return;
        FindKey(document, begin);
        Grown += operation == (byte)'I' ? 1 : operation == (byte)'D' ? -1 : 0;
        var isMoved = operation == (byte)'U' && !IsSameKey(document);
        if (isMoved)
        {
            Begin(to.Buffer, "delete"u8, document, _old, Last, 0);
            for (var k = 0; k < _key.Length; k++)
            {
                JsonText.WriteRaw(","u8, to.Buffer);
                WriteMember(to.Buffer, document, k, _old);
            }

            JsonText.WriteRaw("}"u8, to.Buffer);
            to.End(i);
        }

        Begin(to.Buffer, isMoved || operation == (byte)'I' ? "insert"u8 : operation == (byte)'U' ? "update"u8 : "delete"u8, document, _new, Last, isMoved ? (byte)1 : (byte)0);
        Rest(to.Buffer, document[begin..]);
        to.End(i);
    }

    private bool IsSameKey(ReadOnlySpan<byte> document)
    {
        for (var k = 0; k < _key.Length; k++)
        {
            if (!document[_old[k].Start.._old[k].End].SequenceEqual(document[_new[k].Start.._new[k].End])) return false;
        }

        return true;
    }

    /// <summary>Reads our members, and says where the row's own begin.</summary>
    private (byte Operation, int Begin) FindOurs(ReadOnlySpan<byte> document)
    {
        var json = new Utf8JsonReader(document, AnyDepth);
        byte operation = 0;
        json.Read();
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            if (!json.ValueSpan.StartsWith("datasync_"u8)) return (operation, (int)json.TokenStartIndex);
            var (isPosition, isOperation, old) = (json.ValueTextEquals("datasync_position"u8), json.ValueTextEquals("datasync_operation"u8), Place(ref json, _oldKey));
            json.Read();
            if (isPosition) Last = json.GetInt64();
            if (isOperation) operation = json.ValueSpan[0];
            var start = (int)json.TokenStartIndex;
            json.Skip();
            if (old >= 0) _old[old] = (start, (int)json.BytesConsumed);
        }

        throw new InvalidOperationException("A change log has columns of its table.");
    }

    private void FindKey(ReadOnlySpan<byte> document, int begin)
    {
        // a reader begins at a value, so the row is read from its first member on as if it were the document
        var json = new Utf8JsonReader(document, AnyDepth);
        var found = 0;
        json.Read();
        while (found < _key.Length && json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            var place = json.TokenStartIndex < begin ? -1 : Place(ref json, _key);
            json.Read();
            var start = (int)json.TokenStartIndex;
            json.Skip();
            if (place < 0) continue;
            _new[place] = (start, (int)json.BytesConsumed);
            found++;
        }
    }

    private static int Place(ref Utf8JsonReader json, byte[][] names)
    {
        for (var i = 0; i < names.Length; i++)
        {
            if (json.ValueTextEquals(names[i])) return i;
        }

        return -1;
    }

    private void Begin(RecordBuffer to, ReadOnlySpan<byte> operation, ReadOnlySpan<byte> document, (int Start, int End)[] key, long position, byte part)
    {
        JsonText.WriteRaw("{\"_change\":{\"operation\":\""u8, to);
        JsonText.WriteRaw(operation, to);
        JsonText.WriteRaw("\",\"key\":{"u8, to);
        for (var k = 0; k < _key.Length; k++)
        {
            if (k > 0) JsonText.WriteRaw(","u8, to);
            WriteMember(to, document, k, key);
        }

        JsonText.WriteRaw("},\"position\":\""u8, to);
        var room = to.GetSpan(20);
        Utf8Formatter.TryFormat(position, room, out _, new StandardFormat('D', 19));
        room[19] = (byte)('0' + part);
        to.Advance(20);
        JsonText.WriteRaw("\"}"u8, to);
    }

    private void WriteMember(RecordBuffer to, ReadOnlySpan<byte> document, int k, (int Start, int End)[] key)
    {
        JsonText.WriteRaw(_keyMembers[k], to);
        JsonText.WriteRaw(document[key[k].Start..key[k].End], to);
    }

    private static void Rest(RecordBuffer to, ReadOnlySpan<byte> members)
    {
        JsonText.WriteRaw(","u8, to);
        JsonText.WriteRaw(members, to);
    }

    /// <summary>The batch that is made; what was wrong with a row is wrong with its records.</summary>
    private sealed class Target(long seq, RecordBatch from)
    {
        private readonly List<(int Index, Rejection Rejection)> _rejections = [];

        public RecordBuffer Buffer { get; } = new(from.Raw.Length + (from.Count * 120), from.Count);

        public void End(int i)
        {
            Buffer.EndRecord();
            if (from.TryGetRejection(i, out var rejection)) _rejections.Add((Buffer.Count - 1, rejection));
        }

        public RecordBatch Batch()
        {
            var batch = new RecordBatch(seq, Buffer);
            foreach (var (index, rejection) in _rejections) batch.Reject(index, rejection);
            return batch;
        }
    }
}
