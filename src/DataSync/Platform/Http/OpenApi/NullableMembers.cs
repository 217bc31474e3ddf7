using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Microsoft.OpenApi;

namespace DataSync.Platform.Http.OpenApi;

/// <summary>Mends what the generator says of members that may be null or absent.</summary>
internal static class NullableMembers
{
    /// <summary>What is left out where it is null need not be there, and a time is text.</summary>
    public static void Mend(OpenApiSchema schema, JsonTypeInfo type)
    {
        foreach (var property in type.Properties)
        {
            var ignored = property.AttributeProvider?.GetCustomAttributes(typeof(JsonIgnoreAttribute), inherit: true).OfType<JsonIgnoreAttribute>().FirstOrDefault();
            if (ignored?.Condition == JsonIgnoreCondition.WhenWritingNull) schema.Required?.Remove(property.Name);
        }

        // Times have a converter of ours, of which the generator knows the format alone.
        if (type.Type == typeof(DateTimeOffset)) schema.Type = JsonSchemaType.String;
        else if (type.Type == typeof(DateTimeOffset?)) schema.Type = JsonSchemaType.String | JsonSchemaType.Null;
    }

    /// <summary>"Null or that": <c>oneOf</c> is wrong where "that" is any JSON, as null would then match both.</summary>
    public static void Widen(IDictionary<string, IOpenApiSchema> schemas)
    {
        var members = schemas.Values.OfType<OpenApiSchema>().SelectMany(s => s.Properties ?? new Dictionary<string, IOpenApiSchema>()).Select(p => p.Value).OfType<OpenApiSchema>();
        foreach (var member in members)
        {
            if (member.OneOf is { } either && either.Any(s => s.Type == JsonSchemaType.Null)) (member.OneOf, member.AnyOf) = (null, either);
        }
    }
}
