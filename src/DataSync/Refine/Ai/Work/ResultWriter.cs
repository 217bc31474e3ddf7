using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using DataSync.Refine.Ai.Answers;
using DataSync.Refine.Ai.Privacy;
using DataSync.Refine.Ai.Schema;

namespace DataSync.Refine.Ai.Work;

/// <summary>Writes what is kept with a record: the values, and beside them how sure the model is, which model it was, told by which prompt, and what it cost.</summary>
internal sealed class ResultWriter(AiPlan plan, AiPrompt prompt, AiOptions options)
{
    private static readonly JsonWriterOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, MaxDepth = 64 };

    /// <summary>A record with values.</summary>
    public RecordOutcome Values(JsonElement answer, ShieldedRecord record, Spent spent, bool isCached)
    {
        string[] unsure = [.. answer.EnumerateObject().Where(t => t.Value.GetProperty("confidence").GetDouble() < plan.MinConfidence).Select(t => t.Name)];
        var outcome = unsure.Length == 0 ? Outcomes.Completed : Outcomes.LowConfidence;
        return new RecordOutcome(outcome, Write(outcome, null, spent, isCached, json =>
        {
            json.WriteStartObject("values");
            foreach (var task in answer.EnumerateObject())
            {
                json.WritePropertyName(task.Name);
                record.Restore(task.Value.GetProperty("value"), json);
            }

            json.WriteEndObject();
            json.WriteStartObject("confidence");
            foreach (var task in answer.EnumerateObject())
            {
                json.WritePropertyName(task.Name);
                task.Value.GetProperty("confidence").WriteTo(json);
            }

            json.WriteEndObject();
            json.WriteStartArray("low_confidence");
            foreach (var task in unsure) json.WriteStringValue(task);
            json.WriteEndArray();
        }))
        { Spent = spent, IsCached = isCached };
    }

    /// <summary>A record without.</summary>
    public RecordOutcome Without(string outcome, string? problem, Spent spent) => new(outcome, Write(outcome, problem, spent, false, static _ => { })) { Spent = spent };

    private ReadOnlyMemory<byte> Write(string outcome, string? problem, Spent spent, bool isCached, Action<Utf8JsonWriter> values)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        using (var json = new Utf8JsonWriter(buffer, Plain))
        {
            json.WriteStartObject();
            json.WriteString("outcome", outcome);
            json.WriteString("problem", problem);
            json.WriteString("model", plan.Model);
            json.WriteString("prompt_version", prompt.Version);
            values(json);
            json.WriteNumber("input_tokens", spent.Input);
            json.WriteNumber("output_tokens", spent.Output);
            json.WriteNumber("cost", options.CostMicros(spent.Input, spent.Output) / 1_000_000m);
            json.WriteBoolean("estimated", spent.Estimated > 0);
            json.WriteBoolean("cached", isCached);
            json.WriteEndObject();
        }

        return buffer.WrittenMemory;
    }
}
