using System.Text;
using DataSync.Export.Records;

namespace DataSync.Export.Datasets;

/// <summary>The members seen in a job's records with the kind of their values, so that a dataset's description can name its fields.</summary>
internal sealed class DatasetFields
{
    /// <summary>More members than this are data used as names: then none is described.</summary>
    public const int Most = 1000;

    private readonly JsonMembers _members = new();
    private readonly Dictionary<byte[], int> _bySpelling = new(Utf8Name.Comparer);
    private readonly List<DatasetField> _fields = [];
    private bool _isTooMany;

    /// <summary>The fields in the order they appeared; none where there are too many.</summary>
    public IReadOnlyList<DatasetField> Fields => _isTooMany ? [] : _fields;

    /// <summary>Looks through the records that a view shows.</summary>
    public void Read(RecordView view)
    {
        for (var i = 0; i < view.Count && !_isTooMany; i++) Read(view[i], view.Added);
    }

    private void Read(ReadOnlySpan<byte> document, IReadOnlyList<AddedMember> added)
    {
        if (!_members.Read(document)) return;
        var own = _members.Count - added.Count;
        for (var i = 0; i < _members.Count && !_isTooMany; i++)
        {
            var member = _members[i];
            var field = i < own ? FieldOf(member.Name(document), member.NameIsEscaped) : FieldOf(Encoding.UTF8.GetBytes(added[i - own].Name), isEscaped: false);

            // A record's own member of that name has another name in tables than in lines.
            if (i < own && field >= 0 && added.Any(a => string.Equals(a.Name, _fields[field].Name, StringComparison.Ordinal))) continue;
            if (field >= 0) _fields[field].Kind = DatasetField.Joined(_fields[field].Kind, DatasetField.KindOf(member.Value(document)));
        }
    }

    private int FieldOf(ReadOnlySpan<byte> spelling, bool isEscaped)
    {
        if (_bySpelling.GetAlternateLookup<ReadOnlySpan<byte>>().TryGetValue(spelling, out var known)) return known;
        if (_bySpelling.Count == Most)
        {
            _isTooMany = true;
            return -1;
        }

        var text = new byte[spelling.Length];
        var name = Encoding.UTF8.GetString(isEscaped ? text.AsSpan(0, JsonText.Unescape(spelling, text)) : spelling);
        var field = _fields.FindIndex(f => string.Equals(f.Name, name, StringComparison.Ordinal));
        if (field < 0)
        {
            field = _fields.Count;
            _fields.Add(new DatasetField(name));
        }

        _bySpelling.Add(spelling.ToArray(), field);
        return field;
    }
}
