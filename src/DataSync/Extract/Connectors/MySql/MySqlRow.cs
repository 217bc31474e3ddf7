using System.Buffers;
using System.Text;
using System.Text.Unicode;
using DataSync.Extract.Json;
using DataSync.Pipeline;
using MySqlConnector;

namespace DataSync.Extract.Connectors.MySql;

/// <summary>Writes the reader's current row as one document.</summary>
internal sealed class MySqlRow(MySqlDataReader reader, IReadOnlyList<MySqlColumn> columns) : IDisposable
{
    private const int SmallestBuffer = 16 * 1024, KeptBuffer = 1024 * 1024;

    private readonly (byte[] Prefix, ColumnForm Form)[] _fields =
        [.. columns.Select((c, i) => (Prefix: (byte[])[i == 0 ? (byte)'{' : (byte)',', .. JsonText.MemberName(c.Name)], c.Form))];

    private byte[] _bytes = ArrayPool<byte>.Shared.Rent(SmallestBuffer);
    private int _left;
    private Rejection? _rejection;

    /// <summary>Writes the row and closes the record; returns what is wrong with it, if anything is.</summary>
    public Rejection? Write(RecordBuffer to)
    {
        (_left, _rejection) = (OversizeRecord.LargestBytes, null);
        Rejection? tooLarge = null;
        for (var (i, place, isOpen) = (0, 0, true); isOpen;)
        {
            try
            {
                for (; i < _fields.Length; i++)
                {
                    place = to.Written;
                    var (prefix, form) = _fields[i];
                    JsonText.WriteRaw(prefix, to);
                    if (form == ColumnForm.Null || reader.IsDBNull(i)) JsonText.WriteRaw("null"u8, to);
                    else WriteValue(i, form, to);
                }

                JsonText.WriteRaw("}"u8, to);
                isOpen = false;
            }
            catch (RecordTooLargeException)
            {
                i = Math.Min(i, _fields.Length - 1);
                isOpen = OversizeRecord.LeaveOut(to, place, _fields.Skip(i).Select(f => f.Prefix), tooLarge is not null);
                tooLarge ??= OversizeRecord.Rejection(columns[i].Name);
                i++;
            }
        }

        to.EndRecord();
        return tooLarge ?? _rejection;
    }

    public void Dispose()
    {
        if (_bytes.Length > 0) ArrayPool<byte>.Shared.Return(_bytes);
        _bytes = [];
    }

    private void WriteValue(int i, ColumnForm form, RecordBuffer to)
    {
        switch (form)
        {
            case ColumnForm.Integer: Values.Write(reader.GetInt32(i), to); break;
            case ColumnForm.Long: Values.Write(reader.GetInt64(i), to); break;
            case ColumnForm.Unsigned: Values.Write(reader.GetUInt64(i), to); break;
            case ColumnForm.Float: Values.Write(reader.GetFloat(i), to); break;
            case ColumnForm.WidenedFloat: Values.Write((float)reader.GetDouble(i), to); break;
            case ColumnForm.Double: Values.Write(reader.GetDouble(i), to); break;
            case ColumnForm.Decimal: Values.Write(reader.GetMySqlDecimal(i), to); break;
            case ColumnForm.Date: Values.WriteDate(reader.GetMySqlDateTime(i), to); break;
            case ColumnForm.DateTime: Values.WriteTime(reader.GetMySqlDateTime(i), utc: false, to); break;
            case ColumnForm.Timestamp: Values.WriteTime(reader.GetMySqlDateTime(i), utc: true, to); break;
            case ColumnForm.Time: Values.Write(reader.GetTimeSpan(i), to); break;
            default: WriteBytes(i, form, to); break;
        }
    }

    private void WriteBytes(int i, ColumnForm form, RecordBuffer to)
    {
        var length = form is ColumnForm.Text or ColumnForm.Json ? Encode(reader.GetString(i)) : Fetch(i);
        if (length < 0)
        {
            JsonText.WriteRaw("null"u8, to);
            _rejection ??= OversizeRecord.Rejection(columns[i].Name);
            return;
        }

        var bytes = _bytes.AsSpan(0, length);
        switch (form)
        {
            case ColumnForm.Bytes: JsonText.WriteBase64(bytes, to); break;
            case ColumnForm.Text: JsonText.WriteString(bytes, to); break;
            case ColumnForm.RawNumber: ServerText.WriteNumber(bytes, to); break;
            case ColumnForm.RawDate: ServerText.WriteQuoted(bytes, to); break;
            case ColumnForm.RawDateTime: ServerText.WriteDateTime(bytes, utc: false, to); break;
            case ColumnForm.RawTimestamp: ServerText.WriteDateTime(bytes, utc: true, to); break;
            case ColumnForm.RawTime: ServerText.WriteTime(bytes, to); break;
            case var _ when !Utf8.IsValid(bytes):
                InvalidText.Write(bytes, to);
                _rejection ??= InvalidText.Rejection(columns[i].Name);
                break;
            case ColumnForm.Json or ColumnForm.RawJson: ServerText.WriteJson(bytes, to); break;
            default: JsonText.WriteString(bytes, to); break;
        }
    }

    /// <summary>Brings the column's bytes here and says how many; -1 where they are more than a record may hold.</summary>
    private int Fetch(int i)
    {
        if (_bytes.Length <= KeptBuffer)
        {
            // nearly every value fits, and comes with one call; one that fills the buffer may go on
            var fetched = (int)reader.GetBytes(i, 0, _bytes, 0, _bytes.Length);
            if (fetched < _bytes.Length && fetched <= _left)
            {
                _left -= fetched;
                return fetched;
            }
        }

        var length = reader.GetBytes(i, 0, null, 0, 0);
        if (length > _left) return -1;
        Fit((int)length);
        _left -= (int)length;
        return (int)reader.GetBytes(i, 0, _bytes, 0, (int)length);
    }

    private int Encode(string text)
    {
        if (text.Length > _left || Encoding.UTF8.GetByteCount(text) is var length && length > _left) return -1;
        Fit(length);
        _left -= length;
        return Encoding.UTF8.GetBytes(text, _bytes);
    }

    /// <summary>Makes room; a buffer grown for one large value is not kept for the small ones behind it.</summary>
    private void Fit(int length)
    {
        if (length <= _bytes.Length && (_bytes.Length <= KeptBuffer || length > KeptBuffer)) return;
        Dispose();
        _bytes = ArrayPool<byte>.Shared.Rent(Math.Max(length, SmallestBuffer));
    }
}
