using System.Text.Json;
using System.Text.Json.Serialization;
using DataSync.Pipeline.Routing;

namespace DataSync.Pipeline;

/// <summary>The modes of a sync: names of processing strategies.</summary>
internal static class SyncModes
{
    public const string Async = "async";
    public const string Realtime = "realtime";
    public const string Hybrid = "hybrid";
}

/// <summary>What a sync is to do, after a Start was laid over the source's own <c>sync</c> section. Stored with the job as JSON (<c>snake_case</c>).</summary>
internal sealed record SyncPlan
{
    /// <summary><c>async</c>, <c>realtime</c> or <c>hybrid</c>: the name of the processing strategy.</summary>
    public string Mode { get; init; } = "async";

    /// <summary><c>full</c> or <c>incremental</c>.</summary>
    public string SyncType { get; init; } = "full";

    /// <summary>The source's <c>extraction_params</c>, the Start's members laid over them.</summary>
    public JsonElement ExtractionParams { get; init; } = JsonElement.Parse("{}");

    /// <summary>Records in a batch at most.</summary>
    public int BatchSize { get; init; } = 1000;

    /// <summary>Where a hybrid sync keeps which records; null for the other modes.</summary>
    public RoutingPlan? Routing { get; init; }

    /// <summary><c>refinement_config</c> as it came; each refiner reads its own members.</summary>
    public JsonElement RefinementConfig { get; init; } = JsonElement.Parse("{}");

    /// <summary>Names of the exporters, at least one, none twice.</summary>
    public IReadOnlyList<string> OutputFormats { get; init; } = ["json"];

    public ExportPlan Export { get; init; } = new();

    /// <summary>Running time at most.</summary>
    public int TimeoutSeconds { get; init; } = 300;

    /// <summary>Waiting at most, from when the job first waits; it does not count as running time.</summary>
    public int AnnotationTimeoutSeconds { get; init; } = 7 * 86_400;
}

/// <summary><c>export_config</c> of a Start.</summary>
internal sealed record ExportPlan
{
    /// <summary>Write the <c>metadata</c> member of JSON pages, and <c>_metadata</c> of records where rules tag.</summary>
    public bool IncludeMetadata { get; init; } = true;

    /// <summary>Show what refinement changed as it was before.</summary>
    public bool IncludeOriginal { get; init; } = true;

    /// <summary>Show what refinement made; false exports the records as extracted.</summary>
    public bool IncludeEnhanced { get; init; } = true;

    /// <summary>Records in a JSON page.</summary>
    public int PageSize { get; init; } = 1000;

    /// <summary><c>none</c>, <c>gzip</c> or <c>zstd</c>.</summary>
    public string Compression { get; init; } = "none";

    /// <summary>Records in the answer instead of files (realtime only).</summary>
    public bool Inline { get; init; }

    /// <summary>Options of single formats, by the format's name; and <c>split</c> and <c>dataset</c>.</summary>
    public IReadOnlyDictionary<string, JsonElement> Options { get; init; } = new Dictionary<string, JsonElement>(StringComparer.Ordinal);

    /// <summary>Whether records are looked at as they were extracted: to be shown so, or to be placed in a split's part.</summary>
    [JsonIgnore]
    public bool ReadsExtracted => IncludeOriginal || !IncludeEnhanced || OptionsOf("split").ValueKind == JsonValueKind.Object;

    /// <summary>Options of a format, or one of the two; undefined for none.</summary>
    public JsonElement OptionsOf(string format) => Options.GetValueOrDefault(format);
}
