using System.Globalization;
using System.Text.Json;

namespace DataSync.Pipeline.Documents.Schemas;

/// <summary>One look at one record: what it may cost yet, and where it is not as it must be.</summary>
/// <param name="steps">Looks at values that it may take. Schemas that offer two ways at each depth would take as many as there are ways.</param>
internal sealed class SchemaEvaluation(long steps)
{
    /// <summary>What patterns may take of one record.</summary>
    private static readonly TimeSpan MostMatching = TimeSpan.FromSeconds(2);

    private const int BytesPerStep = 64, MembersPerStep = 16;

    private readonly List<string> _way = [];
    private TimeSpan _matching;
    private long _left = steps;

    /// <summary>Whether it took too much and was given up.</summary>
    public bool IsSpent => _left < 0;

    /// <summary>How much is known of where.</summary>
    public int Mark => _way.Count;

    public bool Spend(long steps) => (_left -= steps) >= 0;

    /// <summary>What going through so many bytes costs: nothing where they are few, as a look is paid for already.</summary>
    public bool SpendBytes(int bytes) => Spend(bytes / BytesPerStep);

    /// <summary>What looking for a member by its name costs: all of them are gone through.</summary>
    public bool SpendLookup(JsonElement among) => Spend(1 + (among.GetPropertyCount() / MembersPerStep));

    /// <summary>A pattern took so long: enough of it, and the record is given up.</summary>
    public bool SpendMatching(TimeSpan time) => (_matching += time) <= MostMatching || GiveUp();

    /// <summary>No answer would be right.</summary>
    public bool GiveUp()
    {
        _left = -1;
        return false;
    }

    /// <summary>Tells, from within outwards, where it is wrong.</summary>
    public bool WrongAt(string member)
    {
        _way.Add("." + member);
        return false;
    }

    public bool WrongAt(int index)
    {
        _way.Add(string.Create(CultureInfo.InvariantCulture, $"[{index}]"));
        return false;
    }

    /// <summary>What was wrong within a way that need not be gone is wrong no more.</summary>
    public void Forget(int mark) => _way.RemoveRange(mark, _way.Count - mark);

    /// <summary>Such as <c>#/lines[1].sku</c>; <c>#</c> for the whole.</summary>
    public string Where()
    {
        if (_way.Count == 0) return "#";
        _way.Reverse();
        return "#/" + (_way[0].StartsWith('.') ? string.Concat(_way)[1..] : string.Concat(_way));
    }
}
