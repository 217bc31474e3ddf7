using System.Text.Json;
using DataSync.Pipeline;
using DataSync.Pipeline.Failures;
using DataSync.Refine.LabelStudio.Outcomes;

namespace DataSync.Refine.LabelStudio.Waiting;

/// <summary>The members of <c>refinement_config</c> that are about Label Studio.</summary>
/// <param name="Project">The project's number.</param>
/// <param name="Merge">What of several annotations is taken.</param>
/// <param name="Fields">The members of a record that annotators see; null for all.</param>
internal sealed record LabelStudioPlan(long Project, string Merge, IReadOnlySet<string>? Fields)
{
    public const string Enable = "enable_label_studio";
    public const string ProjectMember = "label_studio_project_id";
    public const string MergeMember = "label_studio_merge";
    public const string FieldsMember = "label_studio_fields";
    private const int MostFields = 200;

    public static readonly IReadOnlySet<string> Members = new HashSet<string>(StringComparer.Ordinal) { Enable, ProjectMember, MergeMember, FieldsMember };

    /// <summary>Whether the configuration wants annotators.</summary>
    public static bool IsAskedFor(JsonElement config) => config.ValueKind == JsonValueKind.Object && config.TryGetProperty(Enable, out var enable) && enable.ValueKind == JsonValueKind.True;

    /// <summary>Reads what <see cref="Validate"/> found nothing wrong with.</summary>
    public static LabelStudioPlan Read(JsonElement config) => new(
        config.GetProperty(ProjectMember).GetInt64(),
        config.Given(MergeMember)?.GetString() ?? MergePolicy.Latest,
        config.Given(FieldsMember) is { } fields ? fields.EnumerateArray().Select(f => f.GetString()!).ToHashSet(StringComparer.Ordinal) : null);

    public static IEnumerable<Fault> Validate(JsonElement config, string path)
    {
        if (config.Given(Enable) is { ValueKind: not (JsonValueKind.True or JsonValueKind.False) }) yield return new Fault($"{path}/{Enable}", "faults.bool");
        var project = config.Given(ProjectMember);
        if (project is null && IsAskedFor(config)) yield return new Fault($"{path}/{ProjectMember}", "faults.required");
        if (project is { } number && !(number.ValueKind == JsonValueKind.Number && number.TryGetInt64(out var value) && value > 0))
            yield return new Fault($"{path}/{ProjectMember}", "faults.integer", ("min", 1), ("max", long.MaxValue));
        if (config.Given(MergeMember) is { } merge && !(merge.ValueKind == JsonValueKind.String && MergePolicy.Names.Contains(merge.GetString()!, StringComparer.Ordinal)))
            yield return new Fault($"{path}/{MergeMember}", "faults.one_of", ("allowed", MergePolicy.Names));
        if (config.Given(FieldsMember) is not { } fields) yield break;
        if (fields.ValueKind != JsonValueKind.Array || fields.GetArrayLength() is 0 or > MostFields || fields.EnumerateArray().Any(f => f.ValueKind != JsonValueKind.String))
            yield return new Fault($"{path}/{FieldsMember}", "faults.label_studio_fields", ("max", MostFields));
    }
}
