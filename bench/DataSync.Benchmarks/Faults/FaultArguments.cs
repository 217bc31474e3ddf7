using System.Globalization;
using DataSync.Faults.Injection;

namespace DataSync.Benchmarks.Faults;

/// <summary>What was asked for on the command line after <c>faults</c>.</summary>
/// <param name="Seed">Where every choice comes from; another one each time where it is not given.</param>
/// <param name="Percent">How much of the whole run is made, at least one strike of each fault.</param>
/// <param name="Only">Part of the name of the only fault to strike with; null for all.</param>
internal sealed record FaultArguments(int Seed, int Percent, string? Only)
{
    private const string Usage = "usage: bench faults [--seed N] [--percent N] [--only NAME]";

    public static FaultArguments Parse(IReadOnlyList<string> arguments)
    {
        var parsed = new FaultArguments(Random.Shared.Next(1, 1_000_000), 100, null);
        for (var i = 0; i < arguments.Count; i += 2)
        {
            parsed = arguments[i] switch
            {
                "--seed" when i + 1 < arguments.Count => parsed with { Seed = Number(arguments[i + 1], int.MaxValue) },
                "--percent" when i + 1 < arguments.Count => parsed with { Percent = Number(arguments[i + 1], 100) },
                "--only" when i + 1 < arguments.Count => parsed with { Only = arguments[i + 1] },
                _ => throw new BenchmarkException(Usage),
            };
        }

        return parsed;
    }

    public int Of(int times) => Math.Max(1, times * Percent / 100);

    public IReadOnlyList<Fault> Choose(IReadOnlyList<Fault> all)
    {
        List<Fault> chosen = [.. all.Where(f => Only is null || f.Name.Contains(Only, StringComparison.OrdinalIgnoreCase))];
        return chosen.Count > 0 ? chosen : throw new BenchmarkException($"There is no fault '{Only}'. Faults: {string.Join(", ", all.Select(f => f.Name))}.");
    }

    private static int Number(string text, int most)
        => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0 && number <= most
            ? number
            : throw new BenchmarkException($"'{text}' is no number from 1 to {most}. {Usage}");
}
