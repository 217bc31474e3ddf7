using System.Globalization;

namespace DataSync.Benchmarks.Faults;

/// <summary>What was asked for on the command line after <c>faults</c>.</summary>
/// <param name="Seed">Where every choice comes from; another one each time where it is not given.</param>
/// <param name="Percent">How much of the whole run is made, at least one strike of each fault.</param>
internal sealed record FaultArguments(int Seed, int Percent)
{
    private const string Usage = "usage: bench faults [--seed N] [--percent N]";

    public static FaultArguments Parse(IReadOnlyList<string> arguments)
    {
        var parsed = new FaultArguments(Random.Shared.Next(1, 1_000_000), 100);
        for (var i = 0; i < arguments.Count; i += 2)
        {
            parsed = arguments[i] switch
            {
                "--seed" when i + 1 < arguments.Count => parsed with { Seed = Number(arguments[i + 1], int.MaxValue) },
                "--percent" when i + 1 < arguments.Count => parsed with { Percent = Number(arguments[i + 1], 100) },
                _ => throw new BenchmarkException(Usage),
            };
        }

        return parsed;
    }

    public int Of(int times) => Math.Max(1, times * Percent / 100);

    private static int Number(string text, int most)
        => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0 && number <= most
            ? number
            : throw new BenchmarkException($"'{text}' is no number from 1 to {most}. {Usage}");
}
