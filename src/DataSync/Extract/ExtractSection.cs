using System.Text.Json;
using DataSync.Extract.Connectors.Api;
using DataSync.Extract.Incremental;
using DataSync.Extract.Push;
using DataSync.Extract.Read;
using DataSync.Pipeline;
using DataSync.Pipeline.Failures;

namespace DataSync.Extract;

/// <summary>The member of a Start that says what is read: <c>extraction_params</c>.</summary>
internal sealed class ExtractSection : IPlanSection
{
    public IReadOnlySet<string> Members { get; } = new HashSet<string>(StringComparer.Ordinal) { "extraction_params" };

    public IEnumerable<Fault> Validate(JsonElement plan, string path)
        => plan.TryGetProperty("extraction_params", out var given) && given.ValueKind != JsonValueKind.Null
            ? ReadParametersValidation.Validate(given, path + "/extraction_params")
            : [];

    /// <summary>The members of an API's and a webhook's are others. What a Start leaves out, the source brings along: only where all is together must all be there.</summary>
    public IEnumerable<Fault> Validate(JsonElement plan, string path, string sourceType)
    {
        if (!plan.TryGetProperty("extraction_params", out var given) || given.ValueKind == JsonValueKind.Null) return [];
        var at = path + "/extraction_params";
        var faults = sourceType switch
        {
            "api" => ApiExtractionValidation.Validate(given, at, whole: path.Length == 0),
            "webhook" => PushExtraction.Validate(given, at),
            _ => ReadParametersValidation.Validate(given, at),
        };
        return path.Length == 0 && plan.TryGetProperty("sync_type", out var type) && type.ValueKind == JsonValueKind.String && type.ValueEquals("incremental")
            ? faults.Concat(IncrementalRules.Validate(given, at))
            : faults;
    }
}
