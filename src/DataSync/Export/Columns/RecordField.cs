using DataSync.Export.Records;

namespace DataSync.Export.Columns;

/// <summary>A path into the records: a node of the tree that all fields of a job make up. Has a column once a value was seen at it.</summary>
internal sealed class RecordField(byte[] columnName)
{
    private readonly List<RecordField> _children = [];
    private readonly List<byte[]> _spellings = [];
    private readonly Dictionary<byte[], RecordField> _bySpelling = new(Utf8Name.Comparer);
    private int _order;

    /// <summary>Name of the field's column: the path, escaped.</summary>
    public byte[] ColumnName { get; } = columnName;

    /// <summary>Index of the column; -1 where no value was seen here yet.</summary>
    public int Column { get; set; } = -1;

    /// <summary>Takes the value when a record has the member more than once.</summary>
    public RecordField? Repeat { get; set; }

    /// <summary>Finds a child by its name as written. Members mostly come in the order of the record before: <paramref name="next"/> is where to look first.</summary>
    public RecordField? Find(ReadOnlySpan<byte> spelling, ref int next)
    {
        if ((uint)next < (uint)_children.Count && spelling.SequenceEqual(_spellings[next])) return _children[next++];
        if (!_bySpelling.GetAlternateLookup<ReadOnlySpan<byte>>().TryGetValue(spelling, out var field)) return null;
        next = field._order + 1;
        return field;
    }

    /// <summary>Adds a new child.</summary>
    public void Add(ReadOnlySpan<byte> spelling, RecordField field)
    {
        field._order = _children.Count;
        _children.Add(field);
        _spellings.Add(spelling.ToArray());
        AddSpelling(spelling, field);
    }

    /// <summary>Adds another way to write a child's name.</summary>
    public void AddSpelling(ReadOnlySpan<byte> spelling, RecordField field) => _bySpelling.Add(spelling.ToArray(), field);
}
