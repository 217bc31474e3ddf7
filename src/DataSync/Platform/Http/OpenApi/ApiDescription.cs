using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Nodes;
using DataSync.Platform.Http.Requests;
using Microsoft.AspNetCore.Builder;

namespace DataSync.Platform.Http.OpenApi;

/// <summary>What a developer reads about an operation.</summary>
internal sealed record ApiDescription(string Summary, string Description, JsonNode? Request, JsonNode? Response, int Status, string ResponseType);

/// <summary>The shape of a body and the check of an example against its reader.</summary>
internal sealed record BodyShape(Type Type, ObjectShape Shape, CheckBody Check);

/// <summary>Reads a body that is at hand and tells what is wrong with it.</summary>
internal delegate RequestFaults CheckBody(ReadOnlySpan<byte> body);

/// <summary>The shape of a query string.</summary>
internal sealed record QueryShape(ObjectShape Shape);

/// <summary>A segment of the path.</summary>
internal sealed record PathParameterShape(string Name, string Description);

/// <summary>A header that a caller may send.</summary>
internal sealed record HeaderShape(string Name, string Description);

internal static class ApiDescriptionEndpoints
{
    /// <summary>Describes an operation in the OpenAPI document: every endpoint has this, and every example is checked by a test.</summary>
    /// <param name="builder">The endpoint.</param>
    /// <param name="summary">One line.</param>
    /// <param name="description">What it does, what it answers, what a caller must know; Markdown.</param>
    /// <param name="request">An example of the body, as JSON.</param>
    /// <param name="response">An example of the answer, as JSON; null where the answer has no JSON body.</param>
    /// <param name="status">Status of the good answer.</param>
    /// <param name="responseType">Its media type.</param>
    public static TBuilder WithApi<TBuilder>(
        this TBuilder builder, string summary, string description,
        [StringSyntax(StringSyntaxAttribute.Json)] string? request = null, [StringSyntax(StringSyntaxAttribute.Json)] string? response = null,
        int status = 200, string responseType = "application/json")
        where TBuilder : IEndpointConventionBuilder
        => builder.WithMetadata(new ApiDescription(summary, description, Parse(request), Parse(response), status, responseType));

    private static JsonNode? Parse(string? json) => json is null ? null : JsonNode.Parse(json);
}
