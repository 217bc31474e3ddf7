using System.Buffers.Text;
using System.Globalization;
using System.Text;
using System.Text.Unicode;
using DataSync.Extract.Json;
using DataSync.Pipeline;
using SQLitePCL;

namespace DataSync.Extract.Connectors.Sqlite;

/// <summary>Writes the statement's current row. The type is the value's own, row by row: what a column was declared as means nothing.</summary>
internal sealed class SqliteRow
{
    private readonly SqliteStatement _owner;
    private readonly sqlite3_stmt _statement;
    private readonly string[] _names;
    private readonly byte[][] _prefixes;
    private readonly bool _utf16;

    public SqliteRow(SqliteStatement statement, bool utf16)
    {
        (_owner, _statement) = (statement, statement.Handle);
        _utf16 = utf16;
        var count = raw.sqlite3_column_count(_statement);
        _names = FieldNames.Unique([.. Enumerable.Range(0, count).Select(i => raw.sqlite3_column_name(_statement, i).utf8_to_string())]);
        _prefixes = [.. _names.Select((n, i) => (byte[])[i == 0 ? (byte)'{' : (byte)',', .. JsonText.MemberName(n)])];
    }

    /// <summary>Writes the row and closes the record; returns what is wrong with it, if anything is.</summary>
    public Rejection? Write(RecordBuffer to)
    {
        Rejection? rejection = null, tooLarge = null;
        var left = OversizeRecord.LargestBytes;
        for (var (i, place, isOpen) = (0, 0, true); isOpen;)
        {
            try
            {
                for (; i < _prefixes.Length; i++)
                {
                    place = to.Written;
                    JsonText.WriteRaw(_prefixes[i], to);
                    rejection = WriteValue(i, ref left, to) ?? rejection;
                }

                JsonText.WriteRaw("}"u8, to);
                isOpen = false;
            }
            catch (RecordTooLargeException)
            {
                i = Math.Min(i, _prefixes.Length - 1);
                isOpen = OversizeRecord.LeaveOut(to, place, _prefixes.Skip(i), tooLarge is not null);
                tooLarge ??= OversizeRecord.Rejection(_names[i]);
                i++;
            }
        }

        to.EndRecord();
        return tooLarge ?? rejection;
    }

    /// <summary>A key column's value where it is an integer.</summary>
    public long? Integer(string column)
    {
        var i = Array.IndexOf(_names, column);
        return raw.sqlite3_column_type(_statement, i) == raw.SQLITE_INTEGER ? raw.sqlite3_column_int64(_statement, i) : null;
    }

    /// <summary>A key column's exact value; null where its text is no UTF-8.</summary>
    public KeyValue? Key(string column)
    {
        var i = Array.IndexOf(_names, column);
        return raw.sqlite3_column_type(_statement, i) switch
        {
            raw.SQLITE_INTEGER => new KeyValue(column, "integer", raw.sqlite3_column_int64(_statement, i).ToString(CultureInfo.InvariantCulture)),
            raw.SQLITE_FLOAT => new KeyValue(column, "real", raw.sqlite3_column_double(_statement, i).ToString("R", CultureInfo.InvariantCulture)),
            raw.SQLITE_BLOB => new KeyValue(column, "blob", Convert.ToBase64String(Bytes(i, text: false))),
            _ => Bytes(i, text: true) is var bytes && Utf8.IsValid(bytes) ? new KeyValue(column, "text", Encoding.UTF8.GetString(bytes)) : null,
        };
    }

    private Rejection? WriteValue(int i, ref int left, RecordBuffer to)
    {
        switch (raw.sqlite3_column_type(_statement, i))
        {
            case raw.SQLITE_INTEGER:
                Utf8Formatter.TryFormat(raw.sqlite3_column_int64(_statement, i), to.GetSpan(20), out var digits);
                to.Advance(digits);
                return null;
            case raw.SQLITE_FLOAT:
                WriteReal(raw.sqlite3_column_double(_statement, i), to);
                return null;
            case raw.SQLITE_NULL:
                JsonText.WriteRaw("null"u8, to);
                return null;
            case var type:
                return WriteBytes(i, type == raw.SQLITE_TEXT, ref left, to);
        }
    }

    private Rejection? WriteBytes(int i, bool text, ref int left, RecordBuffer to)
    {
        var bytes = Bytes(i, text);
        if (bytes.Length > left)
        {
            JsonText.WriteRaw("null"u8, to);
            return OversizeRecord.Rejection(_names[i]);
        }

        left -= bytes.Length;
        if (!text)
        {
            JsonText.WriteBase64(bytes, to);
            return null;
        }

        if (Utf8.IsValid(bytes))
        {
            JsonText.WriteString(bytes, to);
            return null;
        }

        InvalidText.Write(bytes, to);
        return InvalidText.Rejection(_names[i]);
    }

    private ReadOnlySpan<byte> Bytes(int i, bool text)
    {
        // asking for the text first turns UTF-16 into UTF-8 in place; the blob then has its true length, also with NUL inside
        if (text && _utf16) _ = raw.sqlite3_column_text(_statement, i);
        var bytes = raw.sqlite3_column_blob(_statement, i);
        if (bytes.IsEmpty) _owner.DemandMemory();
        return bytes;
    }

    /// <summary>A real keeps its point, so that it can be told from an integer.</summary>
    private static void WriteReal(double value, RecordBuffer to)
    {
        if (!double.IsFinite(value))
        {
            JsonText.WriteRaw(value > 0 ? "\"Infinity\""u8 : "\"-Infinity\""u8, to);
            return;
        }

        var room = to.GetSpan(40);
        Utf8Formatter.TryFormat(value, room, out var written);
        if (room[..written].IndexOfAny((byte)'.', (byte)'E') < 0)
        {
            ".0"u8.CopyTo(room[written..]);
            written += 2;
        }

        to.Advance(written);
    }
}
