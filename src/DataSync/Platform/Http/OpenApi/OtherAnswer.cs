using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;

namespace DataSync.Platform.Http.OpenApi;

/// <summary>A second good answer of an operation, by what was asked for.</summary>
internal sealed record OtherAnswer(int Status, string Summary, JsonNode Response);

/// <summary>What an operation refuses, where it is not what operations refuse by their nature.</summary>
internal sealed record OwnRefusals(IReadOnlyList<(int Status, string Text)> All);

internal static class OtherAnswerEndpoints
{
    /// <summary>Says what an operation refuses, instead of what is known of others.</summary>
    public static TBuilder WithRefusals<TBuilder>(this TBuilder builder, params IReadOnlyList<(int Status, string Text)> refusals)
        where TBuilder : IEndpointConventionBuilder
        => builder.WithMetadata(new OwnRefusals(refusals));

    /// <summary>Describes a second good answer.</summary>
    public static TBuilder WithOtherAnswer<TBuilder>(this TBuilder builder, string summary, [StringSyntax(StringSyntaxAttribute.Json)] string response, int status)
        where TBuilder : IEndpointConventionBuilder
        => builder.WithMetadata(new OtherAnswer(status, summary, JsonNode.Parse(response)!));
}
