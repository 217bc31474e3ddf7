using System.Text.Json;
using DataSync.Pipeline.Failures;
using DataSync.Platform.Http.OpenApi;
using DataSync.Platform.Http.Requests;

namespace DataSync.Platform.Http.Json;

/// <summary>
/// Reads a JSON object member by member; what is missing, of the wrong type, out of range or unknown goes to the request's faults with its pointer, and
/// reading goes on. An explicit <c>null</c> counts as absent. A reader of an absent object is silent: its members have their defaults and no faults.
/// </summary>
internal sealed partial class JsonObjectReader
{
    private readonly JsonElement _object;
    private readonly string _pointer;
    private readonly RequestFaults _faults;
    private readonly ObjectShape? _shape;
    private readonly HashSet<string> _known = new(StringComparer.Ordinal);
    private readonly List<JsonObjectReader> _children = [];

    public JsonObjectReader(JsonElement value, string pointer, RequestFaults faults) : this(value, pointer, faults, null) { }

    private JsonObjectReader(JsonElement value, string pointer, RequestFaults faults, ObjectShape? shape)
        => (_object, _pointer, _faults, _shape) = (value, pointer, faults, shape);

    /// <summary>False for the reader of an object that is absent (or not an object, which is a fault already).</summary>
    public bool Exists => _object.ValueKind == JsonValueKind.Object;

    /// <summary>What a body looks like, found by reading none.</summary>
    public static ObjectShape Describe<T>(Func<JsonObjectReader, T> read)
    {
        var shape = new ObjectShape();
        read(new JsonObjectReader(default, "", new RequestFaults(), shape));
        return shape;
    }

    /// <summary>True if the member is there and not null. Does not make it known.</summary>
    public bool Has(string name) => Exists && _object.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null;

    public JsonObjectReader RequiredObject(string name) => Child(name, required: true);

    public JsonObjectReader OptionalObject(string name) => Child(name, required: false);

    /// <summary>A list of objects.</summary>
    public IReadOnlyList<T> Objects<T>(string name, Func<JsonObjectReader, T> read, int min = 0, int max = 1000)
    {
        _shape?.Add(name, min > 0, JsonSchemas.List(Describe(read).ToSchema(), min, max));
        var items = new List<T>();
        foreach (var (item, pointer) in Items(name, min, max))
        {
            if (item.ValueKind != JsonValueKind.Object) _faults.Add(new Fault(pointer, "faults.object"));
            else items.Add(read(Track(new JsonObjectReader(item, pointer, _faults))));
        }

        return items;
    }

    /// <summary>Any JSON, taken as it is: what another room validates, or what is data. Null if absent.</summary>
    public JsonElement? Raw(string name)
    {
        _shape?.Add(name, false, []);
        return Take(name, required: false, out var value) ? value : null;
    }

    /// <summary>An object taken as it is; null if absent.</summary>
    public JsonElement? RawObject(string name, bool required = false)
    {
        _shape?.Add(name, required, JsonSchemas.Of("object"));
        if (!Take(name, required, out var value)) return null;
        if (value.ValueKind == JsonValueKind.Object) return value;
        Refuse(name, "faults.object");
        return null;
    }

    /// <summary>Adds a fault of your own, such as of two members that do not go together.</summary>
    public void Refuse(string name, string messageKey, params (string Name, object? Value)[] values)
    {
        if (Exists) _faults.Add(new Fault(_pointer + JsonPointer.Segment(name), messageKey, values));
    }

    /// <summary>Adds faults that another room found in a part of this object; their paths begin at the object.</summary>
    public void Refuse(IEnumerable<Fault> faults)
    {
        foreach (var fault in faults) _faults.Add(fault with { Path = _pointer + fault.Path });
    }

    /// <summary>Refuses unknown members by name, here and in all objects read from here. Called for you at the end of a body.</summary>
    public void Done()
    {
        if (Exists)
            foreach (var member in _object.EnumerateObject())
                if (!_known.Contains(member.Name)) Refuse(member.Name, "faults.unknown");
        foreach (var child in _children) child.Done();
    }

    /// <summary>A body may name its tenant, but only the caller's own.</summary>
    internal void OwnTenant(string tenant)
    {
        var named = Has("tenant_id") ? RequiredString("tenant_id", Identifier.MaxCodePoints) : null;
        _known.Add("tenant_id");
        if (string.IsNullOrEmpty(named) || string.Equals(named, tenant, StringComparison.Ordinal)) return;
        _faults.Fail(SyncFailure.Permanent("errors.tenant.mismatch"));
        Refuse("tenant_id", "errors.tenant.mismatch");
    }

    private JsonObjectReader Child(string name, bool required)
    {
        var shape = _shape is null ? null : new ObjectShape();
        _shape?.Add(name, required, shape!);
        var there = Take(name, required, out var value);
        if (there && value.ValueKind != JsonValueKind.Object) Refuse(name, "faults.object");
        return Track(new JsonObjectReader(value, _pointer + JsonPointer.Segment(name), _faults, shape));
    }

    private IEnumerable<(JsonElement Item, string Pointer)> Items(string name, int min, int max)
    {
        if (!Take(name, min > 0, out var value)) yield break;
        if (value.ValueKind != JsonValueKind.Array)
        {
            Refuse(name, "faults.list");
            yield break;
        }

        if (value.GetArrayLength() < min || value.GetArrayLength() > max) Refuse(name, "faults.items", ("min", min), ("max", max));
        var index = 0;
        foreach (var item in value.EnumerateArray().Take(max))
            yield return (item, $"{_pointer}{JsonPointer.Segment(name)}/{(index++).ToString(System.Globalization.CultureInfo.InvariantCulture)}");
    }

    private bool Take(string name, bool required, out JsonElement value)
    {
        value = default;
        _known.Add(name);
        if (!Exists) return false;
        if (_object.TryGetProperty(name, out value) && value.ValueKind != JsonValueKind.Null) return true;
        value = default;
        if (required) Refuse(name, "faults.required");
        return false;
    }

    private JsonObjectReader Track(JsonObjectReader child)
    {
        _children.Add(child);
        return child;
    }
}
