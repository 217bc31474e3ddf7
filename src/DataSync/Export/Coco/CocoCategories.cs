using System.Text.Json;

namespace DataSync.Export.Coco;

/// <summary>
/// Categories and their ids, from 1: those of the options in their order, then what is found besides, by its number among the categories of its source; where that has none, in the order of
/// appearance. The file lists the options' and those it has annotations of.
/// </summary>
/// <param name="configured">Those of the options.</param>
/// <param name="number">The source's numbers of names; null where only the order counts. May answer null, too.</param>
internal sealed class CocoCategories(IReadOnlyList<CocoCategory> configured, Func<IReadOnlyList<string>, CancellationToken, Task<IReadOnlyList<int>?>>? number)
{
    /// <summary>More are data used as names.</summary>
    public const int Most = 100_000;

    private readonly Dictionary<string, int> _ids = configured.Index().ToDictionary(c => c.Item.Name, c => c.Index + 1, StringComparer.Ordinal);
    private readonly SortedDictionary<int, CocoCategory> _all = new(configured.Index().ToDictionary(c => c.Index + 1, c => c.Item));
    private int _last = configured.Count;

    /// <summary>The id of a name that is known.</summary>
    public int IdOf(string name) => _ids[name];

    /// <summary>Gives names that are new their ids.</summary>
    public async ValueTask KnowAsync(IEnumerable<string> names, CancellationToken ct)
    {
        string[] found = [.. names.Where(n => !_ids.ContainsKey(n)).Distinct(StringComparer.Ordinal)];
        if (found.Length == 0) return;
        if (_all.Count + found.Length > Most) throw new Pipeline.Failures.SyncFailureException(Pipeline.Failures.SyncFailure.Permanent("errors.export.too_many_categories", ("limit", Most)));
        var numbers = number is null ? null : await number(found, ct);
        for (var i = 0; i < found.Length; i++) Add(found[i], numbers is null ? null : configured.Count + numbers[i]);
    }

    public void Write(Utf8JsonWriter json)
    {
        json.WriteStartArray();
        foreach (var (id, category) in _all)
        {
            json.WriteStartObject();
            json.WriteNumber("id"u8, id);
            json.WriteString("name"u8, category.Name);
            json.WriteString("supercategory"u8, category.Supercategory);
            if (category.Keypoints.Count > 0)
            {
                json.WriteStartArray("keypoints"u8);
                foreach (var name in category.Keypoints) json.WriteStringValue(name);
                json.WriteEndArray();
                json.WritePropertyName("skeleton"u8);
                if (category.Skeleton.ValueKind == JsonValueKind.Array) category.Skeleton.WriteTo(json);
                else json.WriteRawValue("[]"u8);
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    /// <summary>A source that is deleted and made again while its records are exported counts anew: what is taken in this file is not given twice.</summary>
    private void Add(string name, int? given)
    {
        var id = given is { } free && !_all.ContainsKey(free) ? free : _last + 1;
        _last = Math.Max(_last, id);
        _all.Add(id, new CocoCategory(name));
        _ids.Add(name, id);
    }
}
