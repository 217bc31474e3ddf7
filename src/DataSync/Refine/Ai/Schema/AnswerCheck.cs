using System.Text.Json;
using DataSync.Refine.Ai.Privacy;

namespace DataSync.Refine.Ai.Schema;

/// <summary>
/// Checks an answer: that it has the shape asked for, and what no schema can say, such as that an entity stands in the data. An answer comes from outside and may have been
/// written by whoever wrote the data; what does not pass is not used.
/// </summary>
internal sealed class AnswerCheck(AiPlan plan)
{
    private const int LongestText = 8000;
    private static readonly JsonDocumentOptions Shallow = new() { MaxDepth = 32, AllowDuplicateProperties = false };
    private readonly ValueCheck _values = new();
    private readonly string _own = plan.HasSchema ? plan.Schema.GetRawText() : "";
    private readonly string[] _tasks = [.. plan.Tasks, .. plan.HasSchema ? (string[])[AiTasks.Fields] : []];

    /// <summary>Reads and checks. The fault is worded for the model, and names nothing of the data but what the answer itself said.</summary>
    /// <param name="answer">The answer's text.</param>
    /// <param name="data">What the model was given.</param>
    /// <param name="checkedAnswer">The answer, where it passes.</param>
    public string? Fault(string answer, ShieldedRecord data, out JsonElement checkedAnswer)
    {
        checkedAnswer = default;
        try
        {
            var root = JsonElement.Parse(answer, Shallow);
            var fault = Fault(ref root, data);
            if (fault is null) checkedAnswer = root;
            return fault;
        }
        catch (JsonException)
        {
            return "the answer is not one complete JSON object with each member once";
        }
        catch (InvalidOperationException)
        {
            // Escapes of half a character pass for JSON, and come to light where the text is read.
            return "the answer holds half of a character (an unpaired \\u escape)";
        }
    }

    private string? Fault(ref JsonElement root, ShieldedRecord data)
    {
        if (root.ValueKind != JsonValueKind.Object) return "the answer is not a JSON object";
        foreach (var member in root.EnumerateObject())
        {
            if (!_tasks.Contains(member.Name, StringComparer.Ordinal)) return $"the answer must not have a member {Short(member.Name)}";
        }

        if (plan.HasSchema) root = TakenNumbers.Restore(root, plan.Schema, data);
        foreach (var task in _tasks)
        {
            if (Task(root, task, data) is { } fault) return fault;
        }

        return null;
    }

    private string? Task(JsonElement root, string task, ShieldedRecord data)
    {
        if (!root.TryGetProperty(task, out var given) || given.ValueKind != JsonValueKind.Object) return $"{task} is missing or is not an object";
        if (given.EnumerateObject().Count() != 2 || !given.TryGetProperty("value", out var value) || !given.TryGetProperty("confidence", out var confidence)) return $"{task} must have value and confidence, each once, and nothing else";
        if (confidence.ValueKind != JsonValueKind.Number || confidence.GetDouble() is not (>= 0 and <= 1)) return $"{task}.confidence must be a number from 0 to 1";
        var fault = task switch
        {
            AiTasks.Summary => value.ValueKind == JsonValueKind.Null || (value.ValueKind == JsonValueKind.String && value.GetString()!.Trim().Length > 0) ? null : "summary.value must be a text or null",
            AiTasks.Sentiment => OneOf(value, AiTasks.Sentiments, "sentiment.value"),
            AiTasks.Classification => OneOf(value, plan.Categories, "classification.value"),
            AiTasks.Entities => Entities(value, data),
            _ => _values.Fault(value, plan.Schema, "fields.value"),
        };
        return fault ?? (task is AiTasks.Sentiment or AiTasks.Classification ? null : Texts(value, task, data));
    }

    private static string? OneOf(JsonElement value, IReadOnlyList<string> allowed, string at)
        => value.ValueKind == JsonValueKind.Null || (value.ValueKind == JsonValueKind.String && allowed.Contains(value.GetString()!, StringComparer.Ordinal)) ? null : $"{at} must be one of {string.Join(", ", allowed)}, or null";

    private static string? Entities(JsonElement value, ShieldedRecord data)
    {
        if (value.ValueKind != JsonValueKind.Array) return "entities.value must be a list";
        foreach (var entity in value.EnumerateArray())
        {
            if (entity.ValueKind != JsonValueKind.Object || entity.EnumerateObject().Count() != 2
                || !entity.TryGetProperty("text", out var text) || text.ValueKind != JsonValueKind.String || !entity.TryGetProperty("type", out var type)) return "each entity must have text and type and nothing else";
            if (OneOf(type, AiTasks.EntityTypes, "an entity's type") is { } fault || type.ValueKind == JsonValueKind.Null) return "an entity's type must be one of " + string.Join(", ", AiTasks.EntityTypes);
            var words = text.GetString()!;
            if (words.Length == 0 || !data.Contains(words)) return $"the entity {Short(words)} does not stand in the data; copy entities exactly as they are written there";
        }

        return null;
    }

    /// <summary>Texts of every depth: bounded, and with no placeholder that was not given, or not so.</summary>
    private string? Texts(JsonElement value, string task, ShieldedRecord data)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.String:
                var text = value.GetString()!;
                if (text.Length > LongestText) return $"{task} is too long";
                if (data.UnknownPlaceholder(text) is { } unknown) return $"{task} names {unknown}, which is not in the data";
                return data.MangledIn(text).FirstOrDefault(m => !_own.Contains(m, StringComparison.Ordinal)) is { } mangled ? $"{task} names {Short(mangled)}; copy words such as <EMAIL_1> exactly, in capitals and with < and >" : null;
            case JsonValueKind.Array:
                return value.EnumerateArray().Select(item => Texts(item, task, data)).FirstOrDefault(f => f is not null);
            case JsonValueKind.Object:
                return value.EnumerateObject().Select(member => Texts(member.Value, task, data)).FirstOrDefault(f => f is not null);
            default:
                return null;
        }
    }

    private static string Short(string text) => JsonSerializer.Serialize(text.Length > 80 ? text[..80] + "…" : text);
}
