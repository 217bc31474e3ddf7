namespace DataSync.Tests.Refine.Rules;

public class JsonLogicDifferentialTests
{
    [Fact]
    public async Task Evaluate_random_expressions_answers_as_json_logic_js()
    {
        var generator = new LogicGenerator(seed: 20_240_607);
        var cases = Enumerable.Range(0, 20_000).Select(i => (Logic: generator.Logic(1 + (i % 5)), Data: generator.Data())).ToList();
        var expected = await JsonLogicOracle.AskAsync(cases.Select(c => JsonLogicOracle.Case(c.Logic, c.Data)), TestContext.Current.CancellationToken);
        Assert.Equal(cases.Count, expected.Count);
        var different = cases.Zip(expected)
            .Select(pair => (pair.First.Logic, pair.First.Data, Expected: pair.Second, Actual: CanonicalText.Evaluate(pair.First.Logic, pair.First.Data)))
            .Where(c => c.Expected != c.Actual).ToList();
        Assert.True(
            different.Count == 0,
            $"{different.Count} differ, such as:\n{string.Join('\n', different.OrderBy(d => d.Logic.Length).Take(12).Select(d => $"{d.Logic}\n  of {d.Data}\n  is {d.Actual}, should be {d.Expected}"))}");
        Assert.True(expected.Distinct(StringComparer.Ordinal).Count() > 500, "The answers are too much alike to prove anything.");
    }
}
