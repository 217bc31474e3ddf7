namespace DataSync.Benchmarks.Running;

/// <summary>Runs contenders in turn, A B then B A: what slows the machine for a while slows each of them, and none always comes first.</summary>
internal static class CaseRunner
{
    public static async Task<CaseResults> RunAsync(CasePlan plan, long rows, int rounds, CancellationToken ct)
    {
        var results = new CaseResults(rows);
        foreach (var contender in plan.Contenders.Concat(plan.Afterwards))
        {
            if (contender.Missing is { } missing) results.Skipped[contender.Name] = missing;
        }

        for (var round = 0; round <= rounds; round++)
        {
            var turn = round % 2 == 0 ? plan.Contenders : plan.Contenders.Reverse();
            foreach (var contender in turn) await RunOneAsync(contender, results, counts: round > 0, round == 0 ? "warm-up" : $"round {round}/{rounds}", ct);
        }

        foreach (var contender in plan.Afterwards) await RunOneAsync(contender, results, counts: true, "once", ct);
        return results;
    }

    private static async Task RunOneAsync(Contender contender, CaseResults results, bool counts, string what, CancellationToken ct)
    {
        if (results.Skipped.ContainsKey(contender.Name) || results.Failed.ContainsKey(contender.Name)) return;
        try
        {
            await contender.BeforeAsync(ct);
            var measurement = await contender.RunAsync(ct);
            await contender.CheckAsync(ct);
            if (counts) results.Add(contender.Name, measurement);
            Console.WriteLine($"  {what,-12} {measurement.Wall.TotalSeconds,8:0.00} s  {contender.Name}");
        }
        catch (Exception e) when (e is BenchmarkException or NotSupportedException or Npgsql.NpgsqlException or HttpRequestException)
        {
            results.Failed[contender.Name] = e.Message;
            Console.WriteLine($"  {what,-12}   failed    {contender.Name}: {e.Message}");
        }
    }
}
