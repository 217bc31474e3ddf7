using System.Reflection;
using System.Text.Json;
using DataSync.Platform.Http.Json;
using DataSync.Platform.Http.Requests;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.Extensions.DependencyInjection;

namespace DataSync.Sources;

/// <summary>A new source as a parameter of a handler: read, and judged by everybody who has a say, before the handler runs.</summary>
internal sealed record NewSource(SourceDefinition Definition) : IEndpointParameterMetadataProvider
{
    public static async ValueTask<NewSource> BindAsync(HttpContext context)
    {
        var body = await StrictJson.ReadAsync<NewSourceBody>(context);
        return new NewSource(SourceBodies.Check(context, body?.Fields, null)!);
    }

    public static void PopulateMetadata(ParameterInfo parameter, EndpointBuilder builder) => Body<NewSourceBody>.PopulateMetadata(parameter, builder);
}

/// <summary>What replaces the source of the URL.</summary>
internal sealed record SourceReplacement(SourceDefinition Definition) : IEndpointParameterMetadataProvider
{
    public static async ValueTask<SourceReplacement> BindAsync(HttpContext context)
    {
        var id = RouteId.Read(context, "source_id");
        var body = await StrictJson.ReadAsync<SourceReplacementBody>(context);
        return new SourceReplacement(SourceBodies.Check(context, body?.Fields, id.Value)!);
    }

    public static void PopulateMetadata(ParameterInfo parameter, EndpointBuilder builder)
    {
        RouteId.PopulateMetadata("source_id", builder);
        Body<SourceReplacementBody>.PopulateMetadata(parameter, builder);
    }
}

/// <summary>Body of <c>POST /api/sources</c>.</summary>
internal sealed record NewSourceBody(SourceFields Fields) : IRequestBody<NewSourceBody>
{
    public static NewSourceBody Read(JsonObjectReader json) => new(SourceBodies.Read(json, json.RequiredId("source_id")));
}

/// <summary>Body of <c>PUT /api/sources/{source_id}</c>: the id may be left out.</summary>
internal sealed record SourceReplacementBody(SourceFields Fields) : IRequestBody<SourceReplacementBody>
{
    public static SourceReplacementBody Read(JsonObjectReader json) => new(SourceBodies.Read(json, json.OptionalId("source_id")));
}

/// <summary>Body of <c>POST …/preview</c>: what to read (of an API: <c>extraction_params</c>), or nothing for what the source itself reads.</summary>
internal sealed record PreviewBody(string? Query, string? Table, JsonElement? Parameters, JsonElement? ExtractionParams, int RowLimit) : IRequestBody<PreviewBody>
{
    public const int MaxRows = 100;
    private const int MaxQuery = 100_000;

    public static PreviewBody Read(JsonObjectReader json) => new(
        json.OptionalString("query", MaxQuery), json.OptionalString("table", 512), json.RawObject("parameters"), json.RawObject("extraction_params"), json.OptionalInt("row_limit", 1, MaxRows) ?? 20);
}

/// <summary>What the bodies of sources share.</summary>
internal static class SourceBodies
{
    public static SourceFields Read(JsonObjectReader json, string? sourceId) => new(
        sourceId, json.OptionalString("source_name"), json.RequiredOneOf("source_type", SourceTypes.All),
        json.RawObject("connection_params", required: true), json.RawObject("extraction_params"), json.RawObject("sync"), json.OptionalBool("is_active"));

    public static SourceDefinition? Check(HttpContext context, SourceFields? fields, string? sourceId)
    {
        if (fields is null) return null;
        List<Pipeline.Failures.Fault> found = [];
        var definition = context.RequestServices.GetRequiredService<SourceValidation>().Check(fields, sourceId, found);
        foreach (var fault in found) RequestFaults.Of(context).Add(fault);
        return definition;
    }
}
