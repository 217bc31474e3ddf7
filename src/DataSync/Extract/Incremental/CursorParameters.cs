using System.Text.Json;
using DataSync.Extract.Incremental.Gaps;
using DataSync.Pipeline;
using DataSync.Pipeline.Failures;

namespace DataSync.Extract.Incremental;

/// <summary>The members of <c>extraction_params</c> that say how changes are found: <c>cursor_field</c>, <c>lag</c>, <c>cursor_nulls</c>, <c>gap_check</c> and <c>backfill</c>.</summary>
/// <param name="Field">The column that grows.</param>
/// <param name="Lag">How far below the greatest value the next sync begins: seconds of a time, units of a number.</param>
/// <param name="ReadsNulls">Rows whose column is null are read by each sync (those delivered before are left out); else never.</param>
/// <param name="Gap">How what was read is compared with the source afterwards.</param>
internal sealed record CursorParameters(string Field, decimal Lag, bool ReadsNulls, GapParameters Gap)
{
    private const decimal MostLag = 31_536_000;

    /// <summary>Of an API: one of <see cref="CursorScale.Orders"/>; null where it does not say.</summary>
    public string? Order { get; private init; }

    /// <summary>The members, as they are called.</summary>
    public static readonly IReadOnlySet<string> Members = new HashSet<string>(StringComparer.Ordinal) { "lag", "cursor_nulls", "gap_check", "backfill" };

    /// <summary>Reads validated parameters; null without a cursor.</summary>
    public static CursorParameters? Read(JsonElement given)
        => given.Given("cursor_field") is not { } field ? null : new CursorParameters(
            field.GetString()!, given.Given("lag")?.GetDecimal() ?? 0, given.Given("cursor_nulls")?.GetString() != "skip",
            GapParameters.Read(given.Given("gap_check"), given.Given("primary_key")))
        { Order = given.Given("cursor_order")?.GetString() };

    /// <summary>The bounds of a backfill, as the source's records show the column: from the first, up to but without the second. Null for none.</summary>
    public static (JsonElement? From, JsonElement? To)? Backfill(JsonElement given)
        => given.Given("backfill") is { } range ? (range.Given("from"), range.Given("to")) : null;

    /// <summary>What is wrong with one of the members.</summary>
    public static IEnumerable<Fault> Validate(string name, JsonElement value, string path) => name switch
    {
        "lag" => value.ValueKind == JsonValueKind.Number && value.TryGetDecimal(out var lag) && lag is >= 0 and <= MostLag ? [] : [new Fault(path, "faults.read.lag", ("most", MostLag))],
        "cursor_nulls" => value.ValueKind == JsonValueKind.String && value.GetString() is "read" or "skip" ? [] : [new Fault(path, "faults.one_of", ("allowed", (string[])["read", "skip"]))],
        "gap_check" => GapParameters.Validate(value, path),
        _ => BackfillFaults(value, path),
    };

    /// <summary>What does not go together.</summary>
    public static IEnumerable<Fault> Whole(IReadOnlyCollection<string> names, string path)
    {
        if (names.Contains("cursor_field")) yield break;

        // positions in a log have gaps too
        foreach (var name in Members.Where(names.Contains).Where(n => n != "gap_check" || !names.Contains("table"))) yield return new Fault($"{path}/{name}", "faults.read.without_cursor", ("name", name));
    }

    private static IEnumerable<Fault> BackfillFaults(JsonElement value, string path)
    {
        if (value.ValueKind != JsonValueKind.Object || !value.EnumerateObject().Any())
        {
            yield return new Fault(path, "faults.read.backfill");
            yield break;
        }

        foreach (var member in value.EnumerateObject())
        {
            if (member.Name is not ("from" or "to")) yield return new Fault(path + JsonPointer.Segment(member.Name), "faults.unknown");
            else if (member.Value.ValueKind is not (JsonValueKind.String or JsonValueKind.Number)) yield return new Fault($"{path}/{member.Name}", "faults.read.backfill");
        }
    }
}
