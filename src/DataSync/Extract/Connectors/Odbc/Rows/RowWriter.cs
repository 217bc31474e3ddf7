using DataSync.Extract.Connectors.Odbc.Native;
using DataSync.Extract.Json;
using DataSync.Pipeline;

namespace DataSync.Extract.Connectors.Odbc.Rows;

/// <summary>Writes rows of blocks as documents, straight into a record buffer.</summary>
internal sealed class RowWriter(Projection projection)
{
    /// <summary>The fetched column that holds parts, where one does.</summary>
    private const int Packed = 0;

    private readonly byte[][] _prefixes = [.. projection.Members.Select((m, i) => (byte[])[i == 0 ? (byte)'{' : (byte)',', .. JsonText.MemberName(m.Name)])];
    private readonly Member[] _members = [.. projection.Members];
    private readonly CellFormat _packed = projection.Fetched[Packed].Format;
    private readonly PackedRow? _parts = projection.Members.Count(m => m.Part is not null) is > 0 and var parts ? new PackedRow(parts) : null;
    private RowBlock? _block;
    private int _long;

    /// <summary>Writes a row and closes the record; rows of a block come in their order. Returns what is wrong with the record, if anything is.</summary>
    public Rejection? Write(RowBlock block, int row, RecordBuffer to)
    {
        if (_block != block || row == 0) (_block, _long) = (block, 0);
        var left = OversizeRecord.LargestBytes;
        Rejection? rejection = null;
        ReadOnlySpan<byte> packed = default;
        if (_parts is not null)
        {
            var isLong = block.IsLong(row, Packed, _packed);
            packed = Split(block, row, isLong ? block.Long[_long++] : null);
            if (packed.IsEmpty) rejection = OversizeRecord.Rejection(_members.First(m => m.Part is not null).Name);
            if (isLong) left -= packed.Length;
        }

        Rejection? tooLarge = null;
        for (var (i, place, isOpen) = (0, 0, true); isOpen;)
        {
            try
            {
                for (; i < _members.Length; i++)
                {
                    place = to.Written;
                    var member = _members[i];
                    JsonText.WriteRaw(_prefixes[i], to);
                    if (member.Part is { } part)
                    {
                        if (_parts!.IsNull(part)) JsonText.WriteRaw("null"u8, to);
                        else if (!member.Format.Write(_parts.Part(packed, part), to)) rejection = InvalidText.Rejection(member.Name);
                    }
                    else if (block.Indicator(row, member.Column) == OdbcCode.NullData) JsonText.WriteRaw("null"u8, to);
                    else if (block.IsLong(row, member.Column, member.Format)) rejection = WriteLong(block.Long[_long++], member, ref left, to) ?? rejection;
                    else if (!member.Format.Write(block.Value(row, member.Column, member.Format), to)) rejection = InvalidText.Rejection(member.Name);
                }

                JsonText.WriteRaw("}"u8, to);
                isOpen = false;
            }
            catch (RecordTooLargeException)
            {
                i = Math.Min(i, _members.Length - 1);
                isOpen = OversizeRecord.LeaveOut(to, place, _prefixes.Skip(i), tooLarge is not null);
                tooLarge ??= OversizeRecord.Rejection(_members[i].Name);
                SkipLong(block, row, isOpen ? _members[i].Column : int.MaxValue);
                i++;
            }
        }

        to.EndRecord();
        return tooLarge ?? rejection;
    }

    /// <summary>Passes over the long values of a row's columns up to one of them, taken or not.</summary>
    private void SkipLong(RowBlock block, int row, int column)
    {
        while (_long < block.Long.Count && block.Long[_long].Row == row && block.Long[_long].Column <= column) _long++;
    }

    /// <summary>The key's text of a value; null where there is none to go on from.</summary>
    /// <param name="block">The block.</param>
    /// <param name="row">A row of it.</param>
    /// <param name="place">The member, from 0.</param>
    public string? Key(RowBlock block, int row, int place)
    {
        var member = _members[place];
        if (member.Part is { } part)
        {
            var packed = Split(block, row, block.IsLong(row, Packed, _packed) ? block.Long.Find(l => l.Row == row && l.Column == Packed) : null);
            return _parts!.IsNull(part) ? null : member.Format.Key(_parts.Part(packed, part));
        }

        return block.Indicator(row, member.Column) == OdbcCode.NullData || block.IsLong(row, member.Column, member.Format)
            ? null
            : member.Format.Key(block.Value(row, member.Column, member.Format));
    }

    /// <summary>The text that holds the row's parts; empty, and each of them null, where it is larger than a record may be.</summary>
    private ReadOnlySpan<byte> Split(RowBlock block, int row, LongValue? whole)
    {
        if (block.Indicator(row, Packed) == OdbcCode.NullData) throw PackedRow.Broken();
        if (whole is { Bytes: null or { Length: > OversizeRecord.LargestBytes } })
        {
            _parts!.Clear();
            return default;
        }

        var text = whole is null ? block.Value(row, Packed, _packed) : whole.Bytes;
        _parts!.Split(text);
        return text;
    }

    private static Rejection? WriteLong(LongValue value, Member member, ref int left, RecordBuffer to)
    {
        // text came in two bytes a character; the bound is on characters
        var size = value.Bytes is null ? int.MaxValue : member.Format.CType == SqlType.CWChar ? value.Bytes.Length / 2 : value.Bytes.Length;
        if (size > left)
        {
            JsonText.WriteRaw("null"u8, to);
            return OversizeRecord.Rejection(member.Name);
        }

        left -= size;
        return member.Format.Write(value.Bytes, to) ? null : InvalidText.Rejection(member.Name);
    }
}
