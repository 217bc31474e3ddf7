using System.Globalization;
using System.Text;

namespace DataSync.Pipeline.Documents.Schemas.Patterns;

/// <summary>
/// Writes code points beyond U+FFFF as the two units that .NET has of each. First units that go with the same second ones are written together: the fewer sets the engine meets, the
/// sooner it is ready.
/// </summary>
internal sealed class PairWriter
{
    private const int FirstLow = 0xDC00, LastLow = 0xDFFF, Highs = 1024;
    private readonly SortedDictionary<int, StringBuilder> _lows = [];
    private int _points;

    /// <summary>Whether it has every one there is.</summary>
    public bool AreAll => _points == Highs * (LastLow - FirstLow + 1);

    /// <summary>Adds code points that were not added before.</summary>
    public void Add(int from, int to)
    {
        _points += to - from + 1;
        while (from <= to)
        {
            var (high, low) = (char.ConvertFromUtf32(from)[0], char.ConvertFromUtf32(from)[1]);
            var last = Math.Min(LastLow, low + to - from);
            if (!_lows.TryGetValue(high, out var lows)) _lows[high] = lows = new StringBuilder();
            lows.Append(CultureInfo.InvariantCulture, $"\\u{(int)low:x4}-\\u{last:x4}");
            from += last - low + 1;
        }
    }

    /// <summary>Writes them beside what is no pair.</summary>
    public void WriteTo(StringBuilder pattern, string units)
    {
        if (_lows.Count == 0)
        {
            pattern.Append(units);
            return;
        }

        pattern.Append("(?:").Append(units);
        foreach (var group in _lows.GroupBy(l => l.Value.ToString(), l => l.Key, StringComparer.Ordinal))
        {
            pattern.Append("|[");
            foreach (var high in group) pattern.Append(CultureInfo.InvariantCulture, $"\\u{high:x4}");
            pattern.Append("][").Append(group.Key).Append(']');
        }

        pattern.Append(')');
    }
}
