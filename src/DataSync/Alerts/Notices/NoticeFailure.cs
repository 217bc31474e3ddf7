using System.Text.Json;
using DataSync.Pipeline.Failures;

namespace DataSync.Alerts.Notices;

/// <summary>Why the last try of a notice failed, and who has it all the same, as it is stored with the notice. Values stay what they are: a number is a number to the language that words it.</summary>
/// <param name="Failure">Why.</param>
/// <param name="Taken">The <see cref="RecipientMarks"/> of those that have it.</param>
internal sealed record NoticeFailure(SyncFailure Failure, IReadOnlyList<string> Taken)
{
    private const string Marks = "taken";

    /// <summary>What is stored.</summary>
    public string ToJson()
    {
        Dictionary<string, object?> stored = new(StringComparer.Ordinal) { ["message_key"] = Failure.MessageKey, ["params"] = Failure.Params };
        if (Taken.Count > 0) stored[Marks] = Taken;
        return JsonSerializer.Serialize(stored);
    }

    /// <summary>Reads it; null where no try has failed.</summary>
    public static NoticeFailure? Read(string? json)
    {
        if (json is null || EndedJob.Failure(json) is not (string key, var values)) return null;
        IReadOnlyList<string> taken = JsonElement.Parse(json).TryGetProperty(Marks, out var marks) ? [.. marks.EnumerateArray().Select(m => m.GetString()!)] : [];
        return new NoticeFailure(new SyncFailure(FailureKind.Permanent, key, values), taken);
    }
}
