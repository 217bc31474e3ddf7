using System.Buffers.Binary;
using DataSync.Extract.Connectors.Postgres.Log;
using DataSync.Extract.Connectors.Postgres.Wire;
using DataSync.Extract.Json;
using DataSync.Pipeline;

namespace DataSync.Extract.Connectors.Postgres;

/// <summary>
/// The last row read: its bytes, and how they become a document. On the wire a row is the number of its columns, then for each
/// its type, its length (-1 for null) and its bytes.
/// </summary>
/// <param name="columns">The row's.</param>
/// <param name="checkText">Texts may be no UTF-8.</param>
/// <param name="lead">What stands before the row's own members; null for nothing.</param>
internal sealed class RowLayout(IReadOnlyList<RowColumn> columns, bool checkText, ReadLead? lead = null)
{
    private const int HeaderLength = 4, TypeLength = 4, LengthLength = 4;

    private readonly (byte[] Prefix, WireFormat Format)[] _fields =
        [.. columns.Select((c, i) => (Prefix: (byte[])[i == 0 && lead is null ? (byte)'{' : (byte)',', .. JsonText.MemberName(c.Name)], c.Wire.Format))];

    private ReadOnlyMemory<byte> _row;

    /// <summary>Writes the row as one document and closes it; returns what is wrong with it, if anything is.</summary>
    /// <exception cref="InvalidDataException">The row is not as it was described.</exception>
    public Rejection? Write(ReadOnlyMemory<byte> row, RecordBuffer to)
    {
        _row = row;
        if (BinaryPrimitives.ReadInt32BigEndian(row.Span) != _fields.Length) throw new InvalidDataException("Other columns than were described.");
        lead?.Write(this, to);
        var invalid = checkText ? FirstInvalidText(row.Span) : null;
        var wrong = WriteFields(row.Span[HeaderLength..], invalid is not null, to) ?? (invalid is { } field ? InvalidText.Rejection(columns[field].Name) : null);
        to.EndRecord();
        return wrong;
    }

    /// <summary>The wire bytes of a field of the last row; it must not be null.</summary>
    public ReadOnlySpan<byte> Field(int ordinal)
    {
        var rest = _row.Span[HeaderLength..];
        for (var i = 0; i < ordinal; i++) rest = rest[(TypeLength + LengthLength + Math.Max(0, Length(rest)))..];
        return rest.Slice(TypeLength + LengthLength, Length(rest));
    }

    private static int Length(ReadOnlySpan<byte> field) => BinaryPrimitives.ReadInt32BigEndian(field[TypeLength..]);

    private int? FirstInvalidText(ReadOnlySpan<byte> row)
    {
        var rest = row[HeaderLength..];
        for (var i = 0; i < _fields.Length; i++)
        {
            var length = Math.Max(0, Length(rest));
            if (IsText(i) && !System.Text.Unicode.Utf8.IsValid(rest.Slice(TypeLength + LengthLength, length))) return i;
            rest = rest[(TypeLength + LengthLength + length)..];
        }

        return null;
    }

    /// <summary>Writes the members and the record's end; of a row with text that is none the original as it came, for quarantine: such texts in base64. Returns what did not fit, if anything did not.</summary>
    private Rejection? WriteFields(ReadOnlySpan<byte> rest, bool isInvalid, RecordBuffer to)
    {
        Rejection? tooLarge = null;
        for (var (i, place) = (0, 0); ;)
        {
            try
            {
                for (; i < _fields.Length; i++)
                {
                    place = to.Written;
                    JsonText.WriteRaw(_fields[i].Prefix, to);
                    rest = isInvalid && IsText(i) ? WriteText(_fields[i].Format, rest[TypeLength..], to) : WireValue.Write(_fields[i].Format, rest[TypeLength..], to);
                }

                if (!rest.IsEmpty) throw new InvalidDataException("More than the columns that were described.");
                JsonText.WriteRaw("}"u8, to);
                return tooLarge;
            }
            catch (RecordTooLargeException)
            {
                if (i < _fields.Length) rest = rest[(TypeLength + LengthLength + Math.Max(0, Length(rest)))..];
                else i--;
                if (!OversizeRecord.LeaveOut(to, place, _fields.Skip(i).Select(f => f.Prefix), tooLarge is not null)) return tooLarge;
                tooLarge = OversizeRecord.Rejection(columns[i++].Name);
            }
        }
    }

    private static ReadOnlySpan<byte> WriteText(WireFormat format, ReadOnlySpan<byte> wire, RecordBuffer to)
    {
        var length = Math.Max(0, BinaryPrimitives.ReadInt32BigEndian(wire));
        var value = wire.Slice(LengthLength, length);
        if (System.Text.Unicode.Utf8.IsValid(value)) return WireValue.Write(format, wire, to);
        InvalidText.Write(value, to);
        return wire[(LengthLength + length)..];
    }

    private bool IsText(int ordinal) => IsText(_fields[ordinal].Format);

    /// <summary>True where a value's wire form holds text that must be looked at.</summary>
    public static bool IsText(WireFormat format) => format is not (ByteaFormat or IntegerFormat or FloatFormat or NumericFormat or UuidFormat
        or BooleanFormat or DateFormat or TimestampFormat or TimeFormat or IntervalFormat or AddressFormat);
}
