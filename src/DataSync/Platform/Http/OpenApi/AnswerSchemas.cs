using Microsoft.OpenApi;

namespace DataSync.Platform.Http.OpenApi;

/// <summary>Schemas of answers, made from the types that are written: what may be null and what is always there comes from the code itself.</summary>
internal static class AnswerSchemas
{
    /// <summary>The schema that was made of the type that the handler says it <see cref="AnswersAttribute{T}"/>; null where it says none.</summary>
    public static IOpenApiSchema? Find(OpenApiResponses? made, string status)
        => made is not null && made.TryGetValue(status, out var response) && response.Content is { } content && content.TryGetValue("application/json", out var media) ? media.Schema : null;
}
