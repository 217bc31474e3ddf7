using System.Text.Json;
using DataSync.Pipeline;
using DataSync.Pipeline.Failures;
using DataSync.Refine.Ai.Schema;

namespace DataSync.Refine.Ai;

/// <summary>Reads and checks the members of <c>refinement_config</c> that are the model's.</summary>
internal sealed class AiPlanReader(AiOptions options)
{
    public const string Enable = "enable_ai_enhancement";
    public const string ModelMember = "ai_model";
    public const string Member = "ai";
    private const int MostCategories = 100;
    private const int MostFields = 100;
    private const int LongestName = 200;
    private const int LongestInstructions = 4000;

    private static readonly string[] Known = ["tasks", "categories", "schema", "fields", "instructions", "min_confidence", "over_budget"];

    public static bool IsAskedFor(JsonElement config) => config.Given(Enable) is { ValueKind: JsonValueKind.True };

    /// <summary>Everything wrong with the members, for a plan of this installation.</summary>
    public IEnumerable<Fault> Validate(JsonElement config, string path)
    {
        if (config.TryGetProperty(Enable, out var enabled) && enabled.ValueKind is not (JsonValueKind.True or JsonValueKind.False or JsonValueKind.Null)) yield return new Fault($"{path}/{Enable}", "faults.bool");
        if (IsAskedFor(config) && !options.IsAvailable) yield return new Fault($"{path}/{Enable}", "faults.ai.not_available");
        if (config.TryGetProperty(ModelMember, out var model) && model.ValueKind != JsonValueKind.Null)
        {
            if (model.ValueKind != JsonValueKind.String || !options.MayUse(model.GetString()!))
                yield return new Fault($"{path}/{ModelMember}", "faults.one_of", ("allowed", options.Models.Count == 0 ? (string[])[options.Model] : [.. options.Models]));
        }

        if (!config.TryGetProperty(Member, out var ai) || ai.ValueKind == JsonValueKind.Null)
            yield break;
        path += "/" + Member;
        if (ai.ValueKind != JsonValueKind.Object)
        {
            yield return new Fault(path, "faults.object");
            yield break;
        }

        foreach (var fault in Members(ai, path)) yield return fault;
    }

    /// <summary>Reads what <see cref="Validate"/> found nothing wrong with.</summary>
    public AiPlan Read(JsonElement config)
    {
        var ai = config.TryGetProperty(Member, out var given) && given.ValueKind == JsonValueKind.Object ? given : JsonElement.Parse("{}");
        var schema = ai.Given("schema");
        var categories = Texts(ai, "categories") ?? [];
        var tasks = Texts(ai, "tasks") ?? (schema is not null ? [] : [AiTasks.Summary, AiTasks.Entities, AiTasks.Sentiment, .. categories.Count > 0 ? (string[])[AiTasks.Classification] : []]);
        return new AiPlan
        {
            Model = config.Given(ModelMember)?.GetString() ?? options.Model,
            Tasks = [.. AiTasks.All.Where(t => tasks.Contains(t, StringComparer.Ordinal))],
            Categories = categories,
            Schema = schema ?? default,
            Fields = Texts(ai, "fields"),
            Instructions = ai.Given("instructions")?.GetString(),
            MinConfidence = ai.Given("min_confidence")?.GetDouble() ?? 0.5,
            FailsOverBudget = ai.Given("over_budget")?.ValueEquals("fail") == true,
        };
    }

    private static IEnumerable<Fault> Members(JsonElement ai, string path)
    {
        foreach (var member in ai.EnumerateObject().Where(m => !Known.Contains(m.Name, StringComparer.Ordinal))) yield return new Fault(path + JsonPointer.Segment(member.Name), "faults.unknown");
        foreach (var fault in Choices(ai, "tasks", path, AiTasks.All, AiTasks.All.Count)) yield return fault;
        foreach (var fault in Choices(ai, "categories", path, null, MostCategories)) yield return fault;
        foreach (var fault in Choices(ai, "fields", path, null, MostFields)) yield return fault;
        var tasks = Texts(ai, "tasks");
        if (tasks?.Contains(AiTasks.Classification, StringComparer.Ordinal) == true && ai.Given("categories") is null) yield return new Fault(path + "/categories", "faults.required");
        if (tasks?.Count == 0 && ai.Given("schema") is null) yield return new Fault(path + "/tasks", "faults.items", ("min", 1), ("max", AiTasks.All.Count));
        if (ai.Given("schema") is { } schema)
        {
            foreach (var fault in CustomSchema.Validate(schema, path + "/schema")) yield return fault;
        }

        if (ai.Given("instructions") is { } text && (text.ValueKind != JsonValueKind.String || text.GetString()!.Length is 0 or > LongestInstructions))
            yield return new Fault(path + "/instructions", "faults.length", ("min", 1), ("max", LongestInstructions));
        if (ai.Given("min_confidence") is { } least && !(least.ValueKind == JsonValueKind.Number && least.GetDouble() is >= 0 and <= 1))
            yield return new Fault(path + "/min_confidence", "faults.number", ("min", 0), ("max", 1));
        if (ai.Given("over_budget") is { } over && !(over.ValueKind == JsonValueKind.String && over.GetString() is "skip" or "fail"))
            yield return new Fault(path + "/over_budget", "faults.one_of", ("allowed", (string[])["skip", "fail"]));
    }

    private static IEnumerable<Fault> Choices(JsonElement ai, string member, string path, IReadOnlyList<string>? allowed, int most)
    {
        if (ai.Given(member) is not { } list) yield break;
        path += "/" + member;
        if (list.ValueKind != JsonValueKind.Array)
        {
            yield return new Fault(path, "faults.list");
            yield break;
        }

        if (list.GetArrayLength() > most || (allowed is null && list.GetArrayLength() == 0)) yield return new Fault(path, "faults.items", ("min", allowed is null ? 1 : 0), ("max", most));
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var index = 0;
        foreach (var item in list.EnumerateArray())
        {
            var at = $"{path}/{index++}";
            if (item.ValueKind != JsonValueKind.String || item.GetString()!.Length is 0 or > LongestName) yield return new Fault(at, "faults.length", ("min", 1), ("max", LongestName));
            else if (allowed is not null && !allowed.Contains(item.GetString()!, StringComparer.Ordinal)) yield return new Fault(at, "faults.one_of", ("allowed", allowed));
            else if (!seen.Add(item.GetString()!)) yield return new Fault(at, "faults.duplicate");
        }
    }

    private static List<string>? Texts(JsonElement parent, string member)
        => parent.Given(member) is { ValueKind: JsonValueKind.Array } list ? [.. list.EnumerateArray().Where(i => i.ValueKind == JsonValueKind.String).Select(i => i.GetString()!)] : null;
}
