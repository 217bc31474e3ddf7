using System.Text.Json;

namespace DataSync.Export.Coco;

/// <summary>Categories and their ids, from 1: those of the options in their order, then what is found besides.</summary>
internal sealed class CocoCategories
{
    /// <summary>More are data used as names.</summary>
    public const int Most = 100_000;

    private readonly Dictionary<string, int> _ids = new(StringComparer.Ordinal);
    private readonly List<CocoCategory> _all = [];

    public CocoCategories(IEnumerable<CocoCategory> configured)
    {
        foreach (var category in configured) Add(category);
    }

    public CocoCategory this[int id] => _all[id - 1];

    /// <summary>The id of a name, which is made where it is new.</summary>
    public int IdOf(string name) => _ids.TryGetValue(name, out var id) ? id : Add(new CocoCategory(name));

    public void Write(Utf8JsonWriter json)
    {
        json.WriteStartArray();
        for (var i = 0; i < _all.Count; i++)
        {
            json.WriteStartObject();
            json.WriteNumber("id"u8, i + 1);
            json.WriteString("name"u8, _all[i].Name);
            json.WriteString("supercategory"u8, _all[i].Supercategory);
            if (_all[i].Keypoints.Count > 0)
            {
                json.WriteStartArray("keypoints"u8);
                foreach (var name in _all[i].Keypoints) json.WriteStringValue(name);
                json.WriteEndArray();
                json.WritePropertyName("skeleton"u8);
                if (_all[i].Skeleton.ValueKind == JsonValueKind.Array) _all[i].Skeleton.WriteTo(json);
                else json.WriteRawValue("[]"u8);
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private int Add(CocoCategory category)
    {
        if (_all.Count == Most) throw new Pipeline.Failures.SyncFailureException(Pipeline.Failures.SyncFailure.Permanent("errors.export.too_many_categories", ("limit", Most)));
        _all.Add(category);
        _ids.Add(category.Name, _all.Count);
        return _all.Count;
    }
}
