using System.Text.Json;
using DataSync.Pipeline;
using DataSync.Pipeline.Enriching;
using DataSync.Pipeline.Failures;
using DataSync.Refine.Ai;
using DataSync.Refine.LabelStudio.Outcomes;
using Sureness = DataSync.Refine.Ai.Work.Outcomes;

namespace DataSync.Refine.LabelStudio.Waiting;

/// <summary>The members of <c>refinement_config</c> that are about Label Studio.</summary>
/// <param name="Project">The project's number.</param>
/// <param name="Merge">What of several annotations is taken.</param>
/// <param name="Fields">The members of a record that annotators see; null for all.</param>
/// <param name="Only">Only records of which the language model is not sure go to annotators; null for all.</param>
internal sealed record LabelStudioPlan(long Project, string Merge, IReadOnlySet<string>? Fields, EarlierResult? Only)
{
    public const string Enable = "enable_label_studio";
    public const string ProjectMember = "label_studio_project_id";
    public const string MergeMember = "label_studio_merge";
    public const string FieldsMember = "label_studio_fields";
    public const string RecordsMember = "label_studio_records";
    private const string All = "all";
    private const int MostFields = 200;

    private static readonly string[] Choices = [All, Sureness.LowConfidence];
    private static readonly EarlierResult Unsure = new(AiEnricher.Name, Sureness.LowConfidence);

    public static readonly IReadOnlySet<string> Members = new HashSet<string>(StringComparer.Ordinal) { Enable, ProjectMember, MergeMember, FieldsMember, RecordsMember };

    /// <summary>Whether the configuration wants annotators.</summary>
    public static bool IsAskedFor(JsonElement config) => config.Given(Enable) is { ValueKind: JsonValueKind.True };

    /// <summary>The project's number, where one is given that can be one.</summary>
    public static long? ProjectOf(JsonElement config)
        => config.Given(ProjectMember) is { ValueKind: JsonValueKind.Number } number && number.TryGetInt64(out var project) && project > 0 ? project : null;

    /// <summary>Reads what <see cref="Validate"/> found nothing wrong with.</summary>
    public static LabelStudioPlan Read(JsonElement config) => new(
        config.GetProperty(ProjectMember).GetInt64(),
        config.Given(MergeMember)?.GetString() ?? MergePolicy.Latest,
        config.Given(FieldsMember) is { } fields ? fields.EnumerateArray().Select(f => f.GetString()!).ToHashSet(StringComparer.Ordinal) : null,
        AiPlanReader.IsAskedFor(config) && config.Given(RecordsMember)?.GetString() != All ? Unsure : null);

    public static IEnumerable<Fault> Validate(JsonElement config, string path)
    {
        if (config.Given(Enable) is { ValueKind: not (JsonValueKind.True or JsonValueKind.False) }) yield return new Fault($"{path}/{Enable}", "faults.bool");
        var project = config.Given(ProjectMember);
        if (project is null && IsAskedFor(config)) yield return new Fault($"{path}/{ProjectMember}", "faults.required");
        if (project is not null && ProjectOf(config) is null)
            yield return new Fault($"{path}/{ProjectMember}", "faults.integer", ("min", 1), ("max", long.MaxValue));
        if (config.Given(MergeMember) is { } merge && !(merge.ValueKind == JsonValueKind.String && MergePolicy.Names.Contains(merge.GetString()!, StringComparer.Ordinal)))
            yield return new Fault($"{path}/{MergeMember}", "faults.one_of", ("allowed", MergePolicy.Names));
        if (config.Given(RecordsMember) is { } records)
        {
            if (records.ValueKind != JsonValueKind.String || !Choices.Contains(records.GetString(), StringComparer.Ordinal)) yield return new Fault($"{path}/{RecordsMember}", "faults.one_of", ("allowed", Choices));
            else if (!records.ValueEquals(All) && !AiPlanReader.IsAskedFor(config)) yield return new Fault($"{path}/{RecordsMember}", "faults.label_studio_records");
        }

        if (config.Given(FieldsMember) is not { } fields) yield break;
        if (fields.ValueKind != JsonValueKind.Array || fields.GetArrayLength() is 0 or > MostFields || fields.EnumerateArray().Any(f => f.ValueKind != JsonValueKind.String))
            yield return new Fault($"{path}/{FieldsMember}", "faults.label_studio_fields", ("max", MostFields));
    }
}
