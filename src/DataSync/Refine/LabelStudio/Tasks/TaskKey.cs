using System.Globalization;
using System.Text.Json;

namespace DataSync.Refine.LabelStudio.Tasks;

/// <summary>
/// Our own name of a task, in its <c>meta</c>: the server takes no id of ours and promises no order, so tasks are found again by this alone. It names the job and the
/// record's place in it, and nothing of the record.
/// </summary>
internal static class TaskKey
{
    public const string Member = "datasync_key";

    public static string Of(Guid job, long seq) => string.Create(CultureInfo.InvariantCulture, $"{job:N}:{seq}");

    /// <summary>The job that a key names; null where it is none of ours.</summary>
    public static Guid? JobOf(string key) => key.Length > 33 && key[32] == ':' && Guid.TryParseExact(key.AsSpan(0, 32), "N", out var job) ? job : null;

    /// <summary>The record's place in its job; null where it is none of ours.</summary>
    public static long? SeqOf(string key) => JobOf(key) is not null && long.TryParse(key.AsSpan(33), NumberStyles.None, CultureInfo.InvariantCulture, out var seq) ? seq : null;

    /// <summary>The key in a task's <c>meta</c>; null where there is none of ours.</summary>
    public static string? Read(JsonElement meta)
        => meta.ValueKind == JsonValueKind.Object && meta.TryGetProperty(Member, out var key) && key.ValueKind == JsonValueKind.String ? key.GetString() : null;
}
