using System.Text.Json;
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
}
