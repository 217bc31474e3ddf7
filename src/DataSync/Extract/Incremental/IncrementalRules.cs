using System.Text.Json;
using DataSync.Pipeline;
using DataSync.Pipeline.Failures;

namespace DataSync.Extract.Incremental;

/// <summary>What an incremental sync asks of <c>extraction_params</c>, beside what any sync does.</summary>
internal static class IncrementalRules
{
    /// <summary>Everything that stands in its way.</summary>
    public static IEnumerable<Fault> Validate(JsonElement extraction, string path)
    {
        // a table's changes may be followed without one; whether they can be, its server knows
        if (!Has(extraction, "cursor_field") && !(Has(extraction, "table") && !IsOff(extraction))) yield return new Fault($"{path}/cursor_field", "faults.incremental.cursor_field");

        // half a window must not pass for a whole one
        if (Has(extraction, "row_limit")) yield return new Fault($"{path}/row_limit", "faults.incremental.not_together", ("name", "row_limit"));
        if (Has(extraction, "backfill")) yield return new Fault($"{path}/backfill", "faults.incremental.not_together", ("name", "backfill"));
    }

    private static bool IsOff(JsonElement extraction) => Has(extraction, "change_tracking") && extraction.GetProperty("change_tracking").ToString() == "none";

    private static bool Has(JsonElement extraction, string name) => extraction.Given(name) is not null;
}
