using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;

namespace DataSync.Platform.Http.OpenApi;

/// <summary>A second good answer of an operation, by what was asked for.</summary>
internal sealed record OtherAnswer(int Status, string Summary, JsonNode Response);

internal static class OtherAnswerEndpoints
{
    /// <summary>Describes a second good answer.</summary>
    public static TBuilder WithOtherAnswer<TBuilder>(this TBuilder builder, string summary, [StringSyntax(StringSyntaxAttribute.Json)] string response, int status)
        where TBuilder : IEndpointConventionBuilder
        => builder.WithMetadata(new OtherAnswer(status, summary, JsonNode.Parse(response)!));
}
