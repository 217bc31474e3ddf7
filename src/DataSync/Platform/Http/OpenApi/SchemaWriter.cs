using System.Text.Json.Nodes;
using Microsoft.OpenApi;
using Microsoft.OpenApi.Reader;

namespace DataSync.Platform.Http.OpenApi;

/// <summary>Takes a JSON schema into the document's own model.</summary>
internal static class SchemaWriter
{
    public static OpenApiSchema From(JsonObject schema)
        => OpenApiModelFactory.Parse<OpenApiSchema>(schema.ToJsonString(), OpenApiSpecVersion.OpenApi3_1, new OpenApiDocument(), out _)
            ?? throw new InvalidOperationException("A schema cannot be read back.");
}
