using System.Text.Json.Nodes;

namespace DataSync.Platform.Http.OpenApi;

/// <summary>What a strict reader reads, in order: the source of request schemas, so that they cannot say anything else than the code does.</summary>
internal sealed class ObjectShape
{
    private readonly List<ShapeMember> _members = [];

    public IReadOnlyList<ShapeMember> Members => _members;

    /// <summary>Reading one member twice (to look at it first) describes it once.</summary>
    public void Add(string name, bool required, JsonObject schema, string? about = null)
    {
        if (!_members.Exists(m => m.Name == name)) _members.Add(new ShapeMember(name, required, () => schema.DeepClone().AsObject(), about));
    }

    public void Add(string name, bool required, ObjectShape shape)
    {
        if (!_members.Exists(m => m.Name == name)) _members.Add(new ShapeMember(name, required, shape.ToSchema));
    }

    public JsonObject ToSchema()
    {
        var schema = JsonSchemas.Of("object");
        var properties = new JsonObject();
        foreach (var member in _members) properties[member.Name] = member.Schema();
        schema["properties"] = properties;
        if (_members.Exists(m => m.Required)) schema["required"] = new JsonArray([.. _members.Where(m => m.Required).Select(m => JsonValue.Create(m.Name))]);
        schema["additionalProperties"] = false;
        return schema;
    }
}

/// <summary>One member of a shape.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Required">Whether it must be there.</param>
/// <param name="Schema">Makes its schema.</param>
/// <param name="About">What it is for, where the name does not say it.</param>
internal sealed record ShapeMember(string Name, bool Required, Func<JsonObject> Schema, string? About = null);
