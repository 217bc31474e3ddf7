using System.Text.Json;
using System.Text.Json.Nodes;
using DataSync.Refine.LabelStudio.Tasks;

namespace DataSync.Refine.LabelStudio.Outcomes;

/// <summary>
/// Everything that anybody said, once. Regions that two people drew alike are one. People who began from the same prediction have regions of the same ids: where these
/// differ, the later ones get ids of their own.
/// </summary>
internal sealed class UnionOfResults
{
    private readonly List<string> _results = [];
    private readonly Dictionary<string, string> _idOf = new(StringComparer.Ordinal);
    private readonly HashSet<string> _ids = new(StringComparer.Ordinal), _said = new(StringComparer.Ordinal);

    private UnionOfResults() { }

    public static Merged Of(IReadOnlyList<RawAnnotation> valid)
    {
        var union = new UnionOfResults();
        foreach (var annotation in valid) union.Add(annotation);
        return Merged.Of(union._results, valid, null);
    }

    private void Add(RawAnnotation annotation)
    {
        var names = new Dictionary<string, string>(StringComparer.Ordinal);
        List<JsonElement> kept = [];
        foreach (var region in annotation.Results.GroupBy(r => r.Id() ?? "", StringComparer.Ordinal))
        {
            if (region.Key.Length == 0) continue;
            var meaning = string.Join('\n', region.Select(CanonicalResult.Of).Order(StringComparer.Ordinal));
            if (_idOf.TryGetValue(meaning, out var known))
            {
                names[region.Key] = known;
                continue;
            }

            var id = region.Key;
            while (!_ids.Add(id)) id = $"{id}-{annotation.Id}";
            names[region.Key] = _idOf[meaning] = id;
            kept.AddRange(region);
        }

        foreach (var result in kept) _results.Add(Renamed(result, names));
        foreach (var other in annotation.Results.Where(r => r.Id() is null).Select(r => Renamed(r, names)).Where(r => _said.Add(CanonicalText(r)))) _results.Add(other);
    }

    /// <summary>A relation is the same if it joins the same regions.</summary>
    private static string CanonicalText(string result)
    {
        var json = JsonElement.Parse(result);
        return $"{string.Join(' ', json.Ids())} {CanonicalResult.Of(json)}";
    }

    private static string Renamed(JsonElement result, Dictionary<string, string> names)
    {
        if (!result.Ids().Any(id => names.TryGetValue(id, out var name) && name != id)) return result.GetRawText();
        var copy = JsonObject.Create(result)!;
        foreach (var member in (string[])["id", "parentID", "from_id", "to_id"])
        {
            if (copy[member] is JsonValue value && value.TryGetValue<string>(out var id) && names.TryGetValue(id, out var name)) copy[member] = name;
        }

        return copy.ToJsonString();
    }
}
