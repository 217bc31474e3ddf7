using System.Buffers;
using System.Text.Json;
using DataSync.Refine.LabelStudio.Tasks;

namespace DataSync.Refine.LabelStudio.Outcomes;

/// <summary>What a record is given at the end: how it went, the annotation by the policy, and every raw one.</summary>
/// <param name="Outcome">How it went.</param>
/// <param name="Task">The task as it stood last; null where it is gone or never was.</param>
/// <param name="Policy">The policy.</param>
internal sealed record RecordAnnotation(TaskOutcome Outcome, TaskReading? Task, string Policy)
{
    /// <summary>As <see cref="Write(Utf8JsonWriter)"/>.</summary>
    public ReadOnlyMemory<byte> ToUtf8()
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer)) Write(json);
        return buffer.WrittenMemory;
    }

    /// <summary>Writes <c>{outcome, task_id, policy, agreement, annotators, lead_time, skips, drafts, annotations, raw}</c>.</summary>
    public void Write(Utf8JsonWriter json)
    {
        IReadOnlyList<RawAnnotation> valid = Task is null ? [] : [.. Task.Valid];
        var merged = MergePolicy.Of(Policy, valid);
        json.WriteStartObject();
        json.WriteString("outcome"u8, TaskOutcomes.NameOf(Outcome));
        if (Task is { } task) json.WriteNumber("task_id"u8, task.Id);
        else json.WriteNull("task_id"u8);
        json.WriteString("policy"u8, Policy);
        Write(json, "agreement"u8, merged.Agreement);
        json.WriteStartArray("annotators"u8);
        foreach (var who in valid.Select(a => a.Annotator).OfType<string>().Distinct(StringComparer.Ordinal)) json.WriteStringValue(who);
        json.WriteEndArray();
        Write(json, "lead_time"u8, valid.Any(a => a.LeadTime is not null) ? valid.Sum(a => a.LeadTime ?? 0) : null);
        json.WriteNumber("skips"u8, Task is null ? 0 : TaskOutcomes.SkipsOf(Task));
        json.WriteNumber("drafts"u8, Task?.Drafts ?? 0);
        Write(json, "annotations"u8, merged.Annotations);
        Write(json, "raw"u8, Task is null ? [] : [.. Task.Annotations.Select(a => a.Whole)]);
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, ReadOnlySpan<byte> name, double? number)
    {
        if (number is { } value) json.WriteNumber(name, value);
        else json.WriteNull(name);
    }

    private static void Write(Utf8JsonWriter json, ReadOnlySpan<byte> name, IReadOnlyList<JsonElement> annotations)
    {
        json.WriteStartArray(name);
        foreach (var annotation in annotations) json.WriteRawValue(annotation.GetRawText(), skipInputValidation: true);
        json.WriteEndArray();
    }
}
