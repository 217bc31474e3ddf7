using System.Text.Json;
using DataSync.Pipeline.Failures;

namespace DataSync.Jobs.Engine;

/// <summary>A failure as stored with the job: worded when it is read, in the reader's language.</summary>
/// <param name="MessageKey">Key of the message.</param>
/// <param name="Params">Values of its placeholders.</param>
/// <param name="Cause">What lies behind it: the failure of the last attempt, where the job was given up for their number.</param>
internal sealed record JobFailure(string MessageKey, IReadOnlyDictionary<string, JsonElement> Params, JobFailure? Cause = null)
{
    /// <summary>True where the job was parked: not tried again until somebody asks for it.</summary>
    public bool IsParked => MessageKey is AttemptBudget.Poisoned or AttemptBudget.WornOut;

    public static string Serialize(SyncFailure failure, JobFailure? cause = null) => JsonSerializer.Serialize(Of(failure) with { Cause = cause }, JobJson.Options);

    public static JobFailure Read(string json) => JsonSerializer.Deserialize<JobFailure>(json, JobJson.Options)!;

    public static JobFailure Of(SyncFailure failure)
        => new(
            failure.MessageKey,
            (failure.Params ?? new Dictionary<string, object?>(StringComparer.Ordinal)).ToDictionary(
                p => p.Key, p => JsonSerializer.SerializeToElement(p.Value, JobJson.Options), StringComparer.Ordinal));
}
