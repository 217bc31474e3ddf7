using System.Text.Json;
using System.Text.Json.Serialization;

namespace DataSync.Refine.Ai.Work;

/// <summary>What a job's records came to: shown on the job, and kept in its checkpoint so that an attempt counts on from the one before.</summary>
internal sealed record AiTally
{
    private static readonly JsonSerializerOptions Json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    public long Completed { get; set; }
    public long LowConfidence { get; set; }
    public long Failed { get; set; }
    public long Empty { get; set; }
    public long OverBudget { get; set; }

    /// <summary>Answers that were there already and cost nothing.</summary>
    public long Cached { get; set; }

    /// <summary>Calls that were paid for, or may have been.</summary>
    public long Calls { get; set; }

    /// <summary>Calls among them because an answer was not valid.</summary>
    public long Reasks { get; set; }

    /// <summary>Calls among them whose tokens are our estimate, because the provider told none or the call failed.</summary>
    public long Estimated { get; set; }
    public long InputTokens { get; set; }
    public long OutputTokens { get; set; }

    /// <summary>In the operator's currency.</summary>
    public decimal Cost { get; set; }

    [JsonIgnore]
    public long Records => Completed + LowConfidence + Failed + Empty + OverBudget;

    /// <summary>Reads what <see cref="ToJson"/> wrote; a new one where there is nothing.</summary>
    public static AiTally Of(JsonElement? state) => state?.Deserialize<AiTally>(Json) ?? new AiTally();

    public JsonElement ToJson() => JsonSerializer.SerializeToElement(this, Json);

    public void Add(RecordOutcome record, AiOptions options)
    {
        switch (record.Outcome)
        {
            case Outcomes.Completed:
                Completed++;
                break;
            case Outcomes.LowConfidence:
                LowConfidence++;
                break;
            case Outcomes.Empty:
                Empty++;
                break;
            case Outcomes.OverBudget:
                OverBudget++;
                break;
            default:
                Failed++;
                break;
        }

        if (record.IsCached) Cached++;
        (Calls, Reasks, Estimated) = (Calls + record.Spent.Calls, Reasks + record.Spent.Reasks, Estimated + record.Spent.Estimated);
        (InputTokens, OutputTokens) = (InputTokens + record.Spent.Input, OutputTokens + record.Spent.Output);
        Cost += options.CostMicros(record.Spent.Input, record.Spent.Output) / 1_000_000m;
    }
}
