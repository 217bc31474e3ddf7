using System.Buffers;
using System.Data.SqlTypes;
using System.Runtime.InteropServices;
using System.Text.Unicode;
using DataSync.Extract.Json;
using DataSync.Pipeline;
using Microsoft.Data.SqlClient;

namespace DataSync.Extract.Connectors.SqlServer.Rows;

/// <summary>Writes the reader's current row as one document, column by column as they come.</summary>
internal sealed class SqlServerRow(SqlDataReader reader, IReadOnlyList<SqlServerColumn> columns) : IDisposable
{
    private const int SmallestBuffer = 16 * 1024, KeptBuffer = 1024 * 1024;

    private readonly byte[][] _members = [.. columns.Select((c, i) => (byte[])[i == 0 ? (byte)'{' : (byte)',', .. JsonText.MemberName(c.Name)])];
    private readonly ColumnForm[] _forms = [.. columns.Select(c => c.Form)];
    private byte[] _bytes = ArrayPool<byte>.Shared.Rent(SmallestBuffer);
    private char[] _chars = ArrayPool<char>.Shared.Rent(SmallestBuffer);
    private int _left;
    private Rejection? _rejection;

    /// <summary>Writes the row and closes the record; returns what is wrong with it, if anything is.</summary>
    public Rejection? Write(RecordBuffer to)
    {
        Begin();
        WriteMembers(_members, 0, to);
        to.EndRecord();
        return _rejection;
    }

    /// <summary>Writes columns that follow one another as members of the open record, and the record's end.</summary>
    /// <param name="members">The members' beginnings, each with what parts it from the one before.</param>
    /// <param name="first">The first column.</param>
    /// <param name="to">Where the record is open.</param>
    public void WriteMembers(byte[][] members, int first, RecordBuffer to)
    {
        Rejection? tooLarge = null;
        for (var (i, place, isOpen) = (0, 0, true); isOpen;)
        {
            try
            {
                for (; i < members.Length; i++)
                {
                    place = to.Written;
                    JsonText.WriteRaw(members[i], to);
                    WriteValue(first + i, to);
                }

                JsonText.WriteRaw("}"u8, to);
                isOpen = false;
            }
            catch (RecordTooLargeException)
            {
                i = Math.Min(i, members.Length - 1);
                isOpen = OversizeRecord.LeaveOut(to, place, members.Skip(i), tooLarge is not null);
                tooLarge ??= OversizeRecord.Rejection(columns[first + i].Name);
                i++;
            }
        }

        _rejection = tooLarge ?? _rejection;
    }

    /// <summary>Begins a row that is written value by value.</summary>
    public void Begin() => (_left, _rejection) = (OversizeRecord.LargestBytes, null);

    /// <summary>What is wrong with the row so far.</summary>
    public Rejection? Rejection => _rejection;

    /// <summary>Writes one value. Columns are read in their order.</summary>
    public void WriteValue(int i, RecordBuffer to)
    {
        if (reader.IsDBNull(i)) JsonText.WriteRaw("null"u8, to);
        else WriteValue(i, _forms[i], to);
    }

    public void Dispose()
    {
        if (_bytes.Length > 0) ArrayPool<byte>.Shared.Return(_bytes);
        if (_chars.Length > 0) ArrayPool<char>.Shared.Return(_chars);
        (_bytes, _chars) = ([], []);
    }

    private void WriteValue(int i, ColumnForm form, RecordBuffer to)
    {
        switch (form)
        {
            case ColumnForm.Bit: WriteBit(reader.GetBoolean(i), to); break;
            case ColumnForm.Byte: Values.Write(reader.GetByte(i), to); break;
            case ColumnForm.Short: Values.Write(reader.GetInt16(i), to); break;
            case ColumnForm.Integer: Values.Write(reader.GetInt32(i), to); break;
            case ColumnForm.Long: Values.Write(reader.GetInt64(i), to); break;
            case ColumnForm.Decimal: Values.Write(reader.GetSqlDecimal(i), to); break;
            case ColumnForm.Money: Values.Write(reader.GetSqlMoney(i), to); break;
            case ColumnForm.Float: Values.Write(reader.GetFloat(i), to); break;
            case ColumnForm.Double: Values.Write(reader.GetDouble(i), to); break;
            case ColumnForm.Date: Values.WriteDate(reader.GetDateTime(i), to); break;
            case ColumnForm.DateTime: Values.Write(reader.GetDateTime(i), to); break;
            case ColumnForm.DateTimeOffset: Values.Write(reader.GetDateTimeOffset(i), to); break;
            case ColumnForm.Time: Values.Write(reader.GetTimeSpan(i), to); break;
            case ColumnForm.Guid: Values.Write(reader.GetGuid(i), to); break;
            case ColumnForm.Text: WriteText(i, reader.GetString(i), isJson: false, to); break;
            case ColumnForm.Json: WriteText(i, reader.GetString(i), isJson: true, to); break;
            case ColumnForm.LongText or ColumnForm.Xml: WriteText(i, FetchText(i), isJson: false, to); break;
            case ColumnForm.RawText: WriteRawText(i, FetchBytes(i), to); break;
            case ColumnForm.Variant: WriteVariant(i, reader.GetSqlValue(i), to); break;
            default: WriteBytes(i, FetchBytes(i), to); break;
        }
    }

    /// <summary>The driver's own types for those of the server; two of them it has none for are the base class library's.</summary>
    private void WriteVariant(int i, object value, RecordBuffer to)
    {
        switch (value)
        {
            case SqlBoolean bit: WriteBit(bit.Value, to); break;
            case SqlByte number: Values.Write(number.Value, to); break;
            case SqlInt16 number: Values.Write(number.Value, to); break;
            case SqlInt32 number: Values.Write(number.Value, to); break;
            case SqlInt64 number: Values.Write(number.Value, to); break;
            case SqlDecimal number: Values.Write(number, to); break;
            case SqlMoney number: Values.Write(number, to); break;
            case SqlSingle number: Values.Write(number.Value, to); break;
            case SqlDouble number: Values.Write(number.Value, to); break;
            case SqlDateTime moment: Values.Write(moment.Value, to); break;
            case DateTime moment: Values.Write(moment, to); break;
            case DateTimeOffset moment: Values.Write(moment, to); break;
            case TimeSpan time: Values.Write(time, to); break;
            case SqlGuid guid: Values.Write(guid.Value, to); break;
            case SqlString text: WriteText(i, text.Value, isJson: false, to); break;
            case SqlBinary bytes: JsonText.WriteBase64(bytes.Value, to); break;
            default: throw new InvalidDataException($"A variant of {value.GetType().Name}.");
        }
    }

    private static void WriteBit(bool value, RecordBuffer to) => JsonText.WriteRaw(value ? "true"u8 : "false"u8, to);

    private void WriteBytes(int i, int length, RecordBuffer to)
    {
        if (length < 0) Oversize(i, to);
        else JsonText.WriteBase64(_bytes.AsSpan(0, length), to);
    }

    private void WriteText(int i, int length, bool isJson, RecordBuffer to)
    {
        if (length < 0) Oversize(i, to);
        else WriteText(i, _chars.AsSpan(0, length) is ['\ufeff', .. var marked] && columns[i].Form == ColumnForm.Xml ? marked : _chars.AsSpan(0, length), isJson, to);
    }

    private void WriteRawText(int i, int length, RecordBuffer to)
    {
        if (length < 0)
        {
            Oversize(i, to);
            return;
        }

        // the bytes and their UTF-8 cannot share a buffer
        if (_chars.Length < length / 2) Grow(ref _chars, 0);
        _bytes.AsSpan(0, length).CopyTo(MemoryMarshal.AsBytes(_chars.AsSpan()));
        _left += length;
        WriteText(i, _chars.AsSpan(0, length / 2), isJson: false, to);
    }

    private void WriteText(int i, ReadOnlySpan<char> text, bool isJson, RecordBuffer to)
    {
        if (text.Length > _left / 2)
        {
            Oversize(i, to);
            return;
        }

        _left -= text.Length * 2;
        Fit(text.Length * 3);
        if (Utf8.FromUtf16(text, _bytes, out _, out var written, replaceInvalidSequences: false) != OperationStatus.Done)
        {
            // half of a pair is no text
            InvalidText.Write(MemoryMarshal.AsBytes(text), to);
            _rejection ??= InvalidText.Rejection(columns[i].Name);
        }
        else if (isJson) JsonText.WriteDocument(_bytes.AsSpan(0, written), to);
        else JsonText.WriteString(_bytes.AsSpan(0, written), to);
    }

    private void Oversize(int i, RecordBuffer to)
    {
        JsonText.WriteRaw("null"u8, to);
        _rejection ??= OversizeRecord.Rejection(columns[i].Name);
    }

    /// <summary>Brings the column's text here and says how many code units; -1 where they are more than a record may hold.</summary>
    private int FetchText(int i)
    {
        Keep(ref _chars);
        for (var length = 0; ;)
        {
            var read = (int)reader.GetChars(i, length, _chars, length, _chars.Length - length);
            length += read;
            if (length > _left / 2) return -1;
            if (read == 0) return length;
            if (length == _chars.Length) Grow(ref _chars, length);
        }
    }

    /// <summary>Brings the column's bytes here and says how many; -1 where they are more than a record may hold.</summary>
    private int FetchBytes(int i)
    {
        Keep(ref _bytes);
        for (var length = 0; ;)
        {
            var read = (int)reader.GetBytes(i, length, _bytes, length, _bytes.Length - length);
            length += read;
            if (length > _left) return -1;
            if (read == 0)
            {
                _left -= length;
                return length;
            }

            if (length == _bytes.Length) Grow(ref _bytes, length);
        }
    }

    /// <summary>Makes room for another value.</summary>
    private void Fit(int length)
    {
        Keep(ref _bytes);
        if (length <= _bytes.Length) return;
        ArrayPool<byte>.Shared.Return(_bytes);
        _bytes = ArrayPool<byte>.Shared.Rent(length);
    }

    /// <summary>A buffer grown for one large value is not kept for the small ones behind it.</summary>
    private static void Keep<T>(ref T[] buffer)
    {
        if (buffer.Length <= KeptBuffer) return;
        ArrayPool<T>.Shared.Return(buffer);
        buffer = ArrayPool<T>.Shared.Rent(SmallestBuffer);
    }

    private static void Grow<T>(ref T[] buffer, int used)
    {
        var larger = ArrayPool<T>.Shared.Rent(buffer.Length * 2);
        buffer.AsSpan(0, used).CopyTo(larger);
        ArrayPool<T>.Shared.Return(buffer);
        buffer = larger;
    }
}
