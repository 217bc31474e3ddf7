using System.Text.Json;
using DataSync.Pipeline.Failures;

namespace DataSync.Extract.Incremental.Gaps;

/// <summary>The member <c>gap_check</c> of <c>extraction_params</c>: how far back an incremental sync is compared with the source, and what becomes of a gap.</summary>
/// <param name="OnGap"><c>warn</c>, <c>reread</c> or <c>full</c>.</param>
/// <param name="Window">How far below the sync's own window the comparison begins: seconds of a time, units of a number.</param>
/// <param name="Key">Members that name a record together with its cursor; empty where its whole bytes do.</param>
/// <param name="IsGiven">The source says so; else it is the default, which must cost little.</param>
internal sealed record GapParameters(string OnGap, decimal Window, IReadOnlyList<string> Key, bool IsGiven)
{
    private const decimal MostWindow = 31_536_000;
    private static readonly string[] Actions = ["warn", "reread", "full"];

    /// <summary>Reads validated parameters.</summary>
    public static GapParameters Read(JsonElement? given, JsonElement? primaryKey) => new(
        given is { } check && check.TryGetProperty("on_gap", out var action) ? action.GetString()! : "warn",
        given is { } whole && whole.TryGetProperty("window", out var window) ? window.GetDecimal() : 0,
        primaryKey is { } key ? [.. key.EnumerateArray().Select(k => k.GetString()!)] : [],
        given is not null);

    /// <summary>What is wrong with it.</summary>
    public static IEnumerable<Fault> Validate(JsonElement given, string path)
    {
        if (given.ValueKind != JsonValueKind.Object)
        {
            yield return new Fault(path, "faults.read.object");
            yield break;
        }

        foreach (var member in given.EnumerateObject())
        {
            var at = path + JsonPointer.Segment(member.Name);
            if (member.Name == "on_gap")
            {
                if (member.Value.ValueKind != JsonValueKind.String || !Actions.Contains(member.Value.GetString())) yield return new Fault(at, "faults.one_of", ("allowed", Actions));
            }
            else if (member.Name == "window")
            {
                if (member.Value.ValueKind != JsonValueKind.Number || !member.Value.TryGetDecimal(out var window) || window is < 0 or > MostWindow)
                    yield return new Fault(at, "faults.read.lag", ("most", MostWindow));
            }
            else
            {
                yield return new Fault(at, "faults.read.unknown", ("name", member.Name));
            }
        }
    }
}
