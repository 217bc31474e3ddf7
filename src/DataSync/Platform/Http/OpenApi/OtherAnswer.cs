using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;

namespace DataSync.Platform.Http.OpenApi;

/// <summary>A second good answer of an operation, by what was asked for.</summary>
/// <param name="Status">Its status.</param>
/// <param name="Summary">When it is given.</param>
/// <param name="Response">An example of its JSON; null where it has none.</param>
internal sealed record OtherAnswer(int Status, string Summary, JsonNode? Response);

/// <summary>What an operation refuses, where it is not what operations refuse by their nature.</summary>
internal sealed record OwnRefusals(IReadOnlyList<(int Status, string Text)> All);

/// <summary>What an operation refuses besides what operations refuse by their nature.</summary>
internal sealed record OneMoreRefusal(int Status, string Text);

internal static class OtherAnswerEndpoints
{
    /// <summary>Says what an operation refuses, instead of what is known of others.</summary>
    public static TBuilder WithRefusals<TBuilder>(this TBuilder builder, params IReadOnlyList<(int Status, string Text)> refusals)
        where TBuilder : IEndpointConventionBuilder
        => builder.WithMetadata(new OwnRefusals(refusals));

    /// <summary>Says what an operation refuses besides what is known of others.</summary>
    public static TBuilder WithRefusal<TBuilder>(this TBuilder builder, int status, string text) where TBuilder : IEndpointConventionBuilder
        => builder.WithMetadata(new OneMoreRefusal(status, text));

    /// <summary>Describes a second good answer.</summary>
    public static TBuilder WithOtherAnswer<TBuilder>(this TBuilder builder, string summary, [StringSyntax(StringSyntaxAttribute.Json)] string? response, int status)
        where TBuilder : IEndpointConventionBuilder
        => builder.WithMetadata(new OtherAnswer(status, summary, response is null ? null : JsonNode.Parse(response)));
}
