using System.Globalization;

namespace DataSync.Benchmarks.Running;

/// <summary>What was asked for on the command line.</summary>
/// <param name="Name">One case; null for all.</param>
/// <param name="Rows">Rows of the source table; null for each case's own number.</param>
/// <param name="Rounds">Counted rounds; null for each case's own number.</param>
/// <param name="SkipLarge">Leaves out the single run with five times the rows.</param>
/// <param name="Duration">How long the cases take that go on for minutes; null for their own.</param>
internal sealed record BenchArguments(string? Name, long? Rows, int? Rounds, bool SkipLarge, TimeSpan? Duration)
{
    private const string Usage = "usage: bench [name] [--rows N] [--rounds N] [--seconds N] [--skip-large]";

    public static BenchArguments Parse(IReadOnlyList<string> arguments)
    {
        var parsed = new BenchArguments(null, null, null, false, null);
        for (var i = 0; i < arguments.Count; i++)
        {
            parsed = arguments[i] switch
            {
                "--rows" when i + 1 < arguments.Count => parsed with { Rows = Number(arguments[++i]) },
                "--rounds" when i + 1 < arguments.Count => parsed with { Rounds = (int)Number(arguments[++i]) },
                "--seconds" when i + 1 < arguments.Count => parsed with { Duration = TimeSpan.FromSeconds(Number(arguments[++i])) },
                "--skip-large" => parsed with { SkipLarge = true },
                [not '-', ..] name when parsed.Name is null => parsed with { Name = name },
                _ => throw new BenchmarkException(Usage),
            };
        }

        return parsed;
    }

    private static long Number(string text)
        => long.TryParse(text.Replace("_", "", StringComparison.Ordinal), NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number is > 0 and <= 100_000_000
            ? number
            : throw new BenchmarkException($"'{text}' is no number from 1 to 100,000,000. {Usage}");
}
