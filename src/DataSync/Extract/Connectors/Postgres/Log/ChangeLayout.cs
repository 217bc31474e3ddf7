using System.Text.Unicode;
using DataSync.Extract.Connectors.Postgres.Wire;
using DataSync.Extract.Json;
using DataSync.Pipeline;

namespace DataSync.Extract.Connectors.Postgres.Log;

/// <summary>How rows of the log become records: the columns as the table's own reading writes them, behind what happened to the row.</summary>
internal sealed class ChangeLayout
{
    private readonly RowColumn[] _columns;
    private readonly byte[][] _members;
    private readonly int[] _key;
    private readonly bool[] _isKey;
    private readonly bool _checkText;

    /// <summary>A table's layout.</summary>
    /// <param name="relation">The table as the log describes it.</param>
    /// <param name="key">The columns of its key, as it has it now.</param>
    /// <param name="types">Its columns' types.</param>
    /// <param name="checkText">Texts may be no UTF-8.</param>
    public ChangeLayout(LogRelation relation, IReadOnlyList<string> key, WireCatalog types, bool checkText)
    {
        var names = FieldNames.Unique([ChangeMember.Name, .. relation.Columns.Select(c => c.Name)]);
        Relation = relation;
        _columns = [.. relation.Columns.Select((c, i) => new RowColumn(names[i + 1], types.Column(c.Type)))];
        _members = [.. _columns.Select(c => JsonText.MemberName(c.Name))];
        _key = relation.Key(key);
        _isKey = [.. Enumerable.Range(0, _columns.Length).Select(i => Array.IndexOf(_key, i) >= 0)];
        _checkText = checkText;
    }

    public LogRelation Relation { get; }

    /// <summary>The first column that cannot be read from the log; null where all can.</summary>
    public string? Unreadable => Array.Find(_columns, c => c.Wire.Cast is not null)?.Name;

    /// <summary>True where an update left the row's key as it was.</summary>
    public bool HasSameKey(LogMessage message, List<LogValue> before, List<LogValue> now)
        => Array.TrueForAll(_key, k => now[k].Kind == LogMessage.Unchanged || (now[k].Kind == before[k].Kind && message.Bytes(now[k]).SequenceEqual(message.Bytes(before[k]))));

    /// <summary>Writes a record and closes it; returns what is wrong with it, if anything is.</summary>
    /// <param name="change">What happened, and where.</param>
    /// <param name="message">Holds the values' bytes.</param>
    /// <param name="row">The row as it is now; of a deleted one, what the log knows of it.</param>
    /// <param name="before">What the log knows of it as it was; null where nothing.</param>
    /// <param name="isWhole">Every column is known of <paramref name="before"/> (of a deleted row: of <paramref name="row"/>), not the key alone.</param>
    /// <param name="to">Where to.</param>
    public Rejection? Write(Change change, LogMessage message, List<LogValue> row, List<LogValue>? before, bool isWhole, RecordBuffer to)
    {
        Rejection? wrong = null;
        ChangeMember.Begin(change.Operation, to);
        for (var i = 0; i < _key.Length; i++)
        {
            if (i > 0) JsonText.WriteRaw(","u8, to);
            var fault = Member(_key[i], message, Value(_key[i], row, before, isWhole), to); // written whatever was wrong before
            wrong ??= fault;
        }

        ChangeMember.Position(change.Transaction, change.Index, to);
        Unchanged(row, before, isWhole, to);
        JsonText.WriteRaw("}"u8, to);
        wrong = Members(change, message, row, before, isWhole, to) ?? wrong;
        to.EndRecord();
        return wrong;
    }

    /// <summary>Writes the row's members and the record's end.</summary>
    private Rejection? Members(Change change, LogMessage message, List<LogValue> row, List<LogValue>? before, bool isWhole, RecordBuffer to)
    {
        Rejection? wrong = null, tooLarge = null;
        for (var (i, last, place) = (0, 0, to.Written); ;)
        {
            try
            {
                for (; i < _columns.Length; i++)
                {
                    if (change.IsDelete && !isWhole && !_isKey[i]) continue;
                    var value = Value(i, row, before, isWhole);
                    if (value.Kind == LogMessage.Unchanged) continue;
                    (last, place) = (i, to.Written);
                    JsonText.WriteRaw(","u8, to);
                    var fault = Member(i, message, value, to);
                    wrong ??= fault;
                }

                JsonText.WriteRaw("}"u8, to);
                return tooLarge ?? wrong;
            }
            catch (RecordTooLargeException)
            {
                if (!OversizeRecord.LeaveOut(to, place, _members.Skip(last).Select(m => (byte[])[(byte)',', .. m]), tooLarge is not null)) return tooLarge;
                tooLarge = OversizeRecord.Rejection(_columns[last].Name);
                i = Math.Max(i, last + 1);
            }
        }
    }

    /// <summary>A large value that an update left as it was is not in the log: where it is not known from before, its name is told instead, so that it passes for no null.</summary>
    private void Unchanged(List<LogValue> row, List<LogValue>? before, bool isWhole, RecordBuffer to)
    {
        var any = false;
        for (var i = 0; i < _columns.Length; i++)
        {
            if (Value(i, row, before, isWhole).Kind != LogMessage.Unchanged) continue;
            JsonText.WriteRaw(any ? ","u8 : ",\"unchanged\":["u8, to);
            JsonText.WriteRaw(_members[i].AsSpan(0, _members[i].Length - 1), to);
            any = true;
        }

        if (any) JsonText.WriteRaw("]"u8, to);
    }

    private LogValue Value(int column, List<LogValue> row, List<LogValue>? before, bool isWhole)
        => row[column].Kind == LogMessage.Unchanged && before is not null && (isWhole || _isKey[column]) ? before[column] : row[column];

    private Rejection? Member(int column, LogMessage message, LogValue value, RecordBuffer to)
    {
        JsonText.WriteRaw(_members[column], to);
        if (value.Kind is not (LogMessage.Binary or LogMessage.Text))
        {
            JsonText.WriteRaw("null"u8, to);
            return value.Kind == LogMessage.Dropped ? OversizeRecord.Rejection(_columns[column].Name) : null;
        }

        var bytes = message.Bytes(value);
        var format = _columns[column].Wire.Format;
        if (_checkText && RowLayout.IsText(format) && !Utf8.IsValid(bytes))
        {
            InvalidText.Write(bytes, to);
            return InvalidText.Rejection(_columns[column].Name);
        }

        format.Write(bytes, to);
        return null;
    }
}

/// <summary>One change: what happened, and its place in the log.</summary>
internal readonly ref struct Change(ReadOnlySpan<byte> operation, ulong transaction, uint index, bool isDelete = false)
{
    public ReadOnlySpan<byte> Operation { get; } = operation;
    public ulong Transaction { get; } = transaction;
    public uint Index { get; } = index;
    public bool IsDelete { get; } = isDelete;
}
