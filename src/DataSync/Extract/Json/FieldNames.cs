namespace DataSync.Extract.Json;

/// <summary>Makes columns' names fit for one JSON object.</summary>
internal static class FieldNames
{
    /// <summary>A name that came before gets <c>_2</c>, <c>_3</c> … behind it; names that stand alone stay as they are.</summary>
    public static string[] Unique(IReadOnlyList<string> names)
    {
        var taken = names.ToHashSet(StringComparer.Ordinal);
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var unique = new string[names.Count];
        for (var i = 0; i < names.Count; i++)
        {
            var name = names[i];
            for (var n = 2; !seen.Add(name); n++)
            {
                name = $"{names[i]}_{n}";
                if (!taken.Add(name)) name = names[i];
            }

            unique[i] = name;
        }

        return unique;
    }
}
