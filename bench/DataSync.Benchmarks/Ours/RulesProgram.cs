using System.Text.Json;
using DataSync.Refine.Rules;
using DataSync.Refine.Rules.Checks;
using Microsoft.Extensions.Logging.Abstractions;

namespace DataSync.Benchmarks.Ours;

/// <summary>The child process of case <c>rules</c>: a file's rules over the documents of another, in one thread.</summary>
internal static class RulesProgram
{
    public const string Name = "rules";
    public const string ExpectedSetting = "EXPECTED";

    /// <summary>Runs the rules; throws unless they saw every document and met some.</summary>
    public static async Task RunAsync(string rules, string documents, CancellationToken ct)
    {
        using var refiner = new RulesBatchRefiner(CompiledRules.Of(JsonElement.Parse(await File.ReadAllBytesAsync(rules, ct))), new UniqueMemory(long.MaxValue), NullLogger.Instance);
        var (count, hits) = (0L, 0L);
        await foreach (var batch in StoreProgram.BatchesAsync(documents, ct))
        {
            using (batch)
            {
                await refiner.RefineAsync(batch, ct);
                count += batch.Count - batch.RejectedCount;
                hits += batch.RuleHits!.Snapshot().Sum(r => r.Hits);
            }
        }

        if (count != long.Parse(Environment.GetEnvironmentVariable(ExpectedSetting)!, System.Globalization.CultureInfo.InvariantCulture) || hits == 0) throw new BenchmarkException($"{count} records, {hits} hits");
    }
}
