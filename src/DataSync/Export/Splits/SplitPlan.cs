using System.Text.Json;
using DataSync.Pipeline;

namespace DataSync.Export.Splits;

/// <summary><c>export_config.split</c>: into which parts the records go, and by what.</summary>
internal sealed record SplitPlan
{
    /// <summary>The member's name.</summary>
    public const string Member = "split";

    /// <summary>The parts there may be, in their order.</summary>
    public static readonly string[] Names = ["train", "validation", "test"];

    /// <summary>The parts asked for, each with its share in percent; 100 together.</summary>
    public required IReadOnlyList<(string Name, int Percent)> Parts { get; init; }

    /// <summary>Another seed gives another split.</summary>
    public required long Seed { get; init; }

    /// <summary>Path of the value that decides, as CSV names its columns; null where the whole record does.</summary>
    public required string? Key { get; init; }

    /// <summary>The split of an export in which <see cref="SplitValidation"/> found nothing wrong; null for none.</summary>
    public static SplitPlan? Read(ExportPlan plan)
    {
        var given = plan.OptionsOf(Member);
        if (given.ValueKind != JsonValueKind.Object || !Names.Any(n => given.Given(n) is not null)) return null;
        return new SplitPlan
        {
            Parts = [.. Names.Select(n => (n, given.Given(n)?.GetInt32() ?? 0)).Where(p => p.Item2 > 0)],
            Seed = given.Given("seed")?.GetInt64() ?? 0,
            Key = given.Given("key")?.GetString(),
        };
    }
}
