using System.Buffers;
using System.Globalization;
using System.Text;
using DataSync.Export.Records;
using DataSync.Pipeline.Failures;

namespace DataSync.Export.Columns;

/// <summary>
/// The columns of a job: every path at which a value was seen, in order of first appearance. A column's name is its path with <c>.</c> between
/// the members; a <c>.</c> or <c>\</c> within a name is written <c>\.</c> and <c>\\</c>, so no two paths meet. Three names hold a
/// lone backslash that no path can have: <c>\value</c> for records that are not objects, <c>name\2</c> for the second of members of one
/// name in one record, and <c>\_original</c> for a record's own member that is named as one that the export adds: a column of what was added has nothing else.
/// </summary>
internal sealed class RecordColumns
{
    /// <summary>More columns than any spreadsheet takes; beyond it stands data used as names, which would take memory without end.</summary>
    public const int MostColumns = 16_384;

    private const int MostNameBytes = 16 * 1024 * 1024;
    private readonly Dictionary<byte[], RecordField> _byName = new(Utf8Name.Comparer);
    private readonly List<RecordField> _columns = [];
    private int _nameBytes;

    /// <summary>The members that the export adds to every record, in the order they stand at its end.</summary>
    public IReadOnlyList<RecordField> Added { get; private set; } = [];

    /// <summary>The record itself.</summary>
    public RecordField Root { get; } = new("\\value"u8.ToArray());

    public int Count => _columns.Count;

    public ReadOnlySpan<byte> Name(int column) => _columns[column].ColumnName;

    /// <summary>Says which members the export adds; the same for all records.</summary>
    public void Adds(IReadOnlyList<AddedMember> members)
    {
        if (Added.Count != members.Count) Added = [.. members.Select(m => new RecordField(Encoding.UTF8.GetBytes(m.Name)))];
    }

    /// <summary>The column of a field; made where it has none.</summary>
    public int ColumnOf(RecordField field)
    {
        if (field.Column >= 0) return field.Column;
        if (_columns.Count == MostColumns) throw TooMany();
        _columns.Add(field);
        return field.Column = _columns.Count - 1;
    }

    /// <summary>The field for the next member of the same name.</summary>
    public RecordField Repeat(RecordField field, int occurrence)
    {
        if (field.Repeat is { } known) return known;
        var path = occurrence == 2 ? field.ColumnName.AsSpan() : field.ColumnName.AsSpan(0, field.ColumnName.AsSpan().LastIndexOf((byte)'\\'));
        return field.Repeat = new RecordField(Counted([.. path, .. Encoding.UTF8.GetBytes($"\\{occurrence.ToString(CultureInfo.InvariantCulture)}")]));
    }

    /// <summary>The child of <paramref name="parent"/> whose name is written <paramref name="spelling"/>; made where there is none.</summary>
    public RecordField Child(RecordField parent, ReadOnlySpan<byte> spelling, bool isEscaped, ref int next)
    {
        if (parent.Find(spelling, ref next) is { } known) return known;
        var name = PathOf(parent, spelling, isEscaped);
        if (_byName.TryGetValue(name, out var field))
        {
            Counted(name);
            parent.AddSpelling(spelling, field);
            return field;
        }

        field = new RecordField(Counted(name));
        _byName.Add(name, field);
        parent.Add(spelling, field);
        return field;
    }

    private byte[] PathOf(RecordField parent, ReadOnlySpan<byte> spelling, bool isEscaped)
    {
        var path = new ArrayBufferWriter<byte>();
        if (!ReferenceEquals(parent, Root))
        {
            path.Write(parent.ColumnName);
            path.Write("."u8);
        }

        var name = isEscaped ? new byte[spelling.Length] : spelling;
        if (isEscaped)
        {
            var text = new byte[spelling.Length];
            name = text.AsSpan(0, JsonText.Unescape(spelling, text));
        }

        if (ReferenceEquals(parent, Root) && IsAdded(name)) path.Write("\\"u8);
        foreach (var part in name)
        {
            if (part is (byte)'.' or (byte)'\\') path.Write("\\"u8);
            path.Write([part]);
        }

        return path.WrittenSpan.ToArray();
    }

    private bool IsAdded(ReadOnlySpan<byte> name)
    {
        foreach (var added in Added)
        {
            if (name.SequenceEqual(added.ColumnName)) return true;
        }

        return false;
    }

    private byte[] Counted(byte[] name)
    {
        _nameBytes += name.Length;
        return _nameBytes <= MostNameBytes ? name : throw TooMany();
    }

    private static SyncFailureException TooMany() => new(SyncFailure.Permanent("errors.export.too_many_columns", ("limit", MostColumns)));
}
