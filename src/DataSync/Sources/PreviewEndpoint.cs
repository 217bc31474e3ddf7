using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Unicode;
using DataSync.Pipeline.Connectors;
using DataSync.Pipeline.Failures;
using DataSync.Platform.Authentication;
using DataSync.Platform.Http.Requests;
using Microsoft.AspNetCore.Http;

namespace DataSync.Sources;

/// <summary><c>POST /api/sources/{source_id}/preview</c></summary>
internal static class PreviewEndpoint
{
    private const string Member = "/extraction_params";
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.Create(UnicodeRanges.All) };

    public static async Task<IResult> HandleAsync(
        RouteId sourceId, Body<PreviewBody> body, Caller caller, SourceStore store, SourceValidation validation, SourceProbe probe, CancellationToken ct)
    {
        var source = await store.GetAsync(caller.Tenant, sourceId.Value, ct) ?? throw SourceFailure.NotFound();
        var asked = body.Value;
        if (source.SourceType == SourceTypes.Webhook) throw SourceFailure.SendsByItself();
        if (source.SourceType == SourceTypes.Api) return await PagesAsync(source, asked, validation, probe, ct);
        if (asked.ExtractionParams is not null) throw SourceFailure.Invalid(new Fault(Member, "faults.unknown"));
        var own = asked is { Query: null, Table: null };
        var request = own ? Request(JsonElement.Parse(source.ExtractionParams), asked.Parameters) : Request(Section(asked, validation), null);
        if (request.Query is null == request.Table is null) throw SourceFailure.Invalid(new Fault("/query", "faults.query_or_table"));
        var preview = await probe.PreviewAsync(caller.Tenant, sourceId.Value, request, asked.RowLimit, ct);
        return Results.Bytes(Write(source.SourceId, preview), "application/json");
    }

    /// <summary>The first page of an API, with what was understood of it.</summary>
    private static async Task<IResult> PagesAsync(DataSourceConfig source, PreviewBody asked, SourceValidation validation, SourceProbe probe, CancellationToken ct)
    {
        List<Fault> faults = [];
        if (asked.Query is not null) faults.Add(new Fault("/query", "faults.unknown"));
        if (asked.Table is not null) faults.Add(new Fault("/table", "faults.unknown"));
        var extraction = asked.ExtractionParams ?? JsonElement.Parse(source.ExtractionParams);
        validation.CheckExtraction(source.SourceType, extraction, faults);
        if (faults.Count > 0) throw SourceFailure.Invalid(faults);
        var request = new ReadRequest { Extraction = extraction, Parameters = Values(asked.Parameters) };
        var (preview, understood) = await probe.PreviewPageAsync(source.TenantId, source.SourceId, request, asked.RowLimit, ct);
        return Results.Bytes(Write(source.SourceId, preview, understood), "application/json");
    }

    /// <summary>What was asked for as <c>extraction_params</c>, judged as those of a source are.</summary>
    private static JsonElement Section(PreviewBody asked, SourceValidation validation)
    {
        Dictionary<string, object> members = new(StringComparer.Ordinal);
        if (asked.Query is { } query) members["query"] = query;
        if (asked.Table is { } table) members["table"] = table;
        if (asked.Parameters is { } parameters) members["parameters"] = parameters;
        var section = JsonSerializer.SerializeToElement(members);
        List<Fault> faults = [];
        validation.CheckExtraction(SourceTypes.Database, section, faults);
        if (faults.Count > 0) throw SourceFailure.Invalid([.. faults.Select(f => f with { Path = f.Path[Member.Length..] })]);
        return section;
    }

    private static ReadRequest Request(JsonElement section, JsonElement? parameters) => new()
    {
        Query = Text(section, "query"),
        Table = Text(section, "table"),
        Parameters = Values(parameters ?? (section.TryGetProperty("parameters", out var own) ? own : null)),
    };

    private static Dictionary<string, JsonElement> Values(JsonElement? given)
        => given is { ValueKind: JsonValueKind.Object } values
            ? values.EnumerateObject().ToDictionary(p => p.Name, p => p.Value, StringComparer.Ordinal)
            : new Dictionary<string, JsonElement>(StringComparer.Ordinal);

    private static string? Text(JsonElement section, string name)
        => section.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    /// <summary>The records are copied byte for byte.</summary>
    private static ReadOnlyMemory<byte> Write(string sourceId, SourcePreview preview, JsonElement understood = default)
    {
        var buffer = new ArrayBufferWriter<byte>(preview.Bytes + 1024);
        using var json = new Utf8JsonWriter(buffer, Options);
        json.WriteStartObject();
        json.WriteString("source_id", sourceId);
        json.WriteStartArray("columns");
        foreach (var (name, kinds) in preview.Columns)
        {
            json.WriteStartObject();
            json.WriteString("name", name);
            json.WriteStartArray("json_types");
            foreach (var kind in kinds) json.WriteStringValue(kind);
            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("records");
        for (var i = 0; i < preview.Count; i++) json.WriteRawValue(preview[i], skipInputValidation: true);
        json.WriteEndArray();
        json.WriteBoolean("truncated", preview.IsCut);
        if (understood.ValueKind != JsonValueKind.Undefined)
        {
            json.WritePropertyName("understood");
            understood.WriteTo(json);
        }

        json.WriteEndObject();
        json.Flush();
        return buffer.WrittenMemory;
    }
}
