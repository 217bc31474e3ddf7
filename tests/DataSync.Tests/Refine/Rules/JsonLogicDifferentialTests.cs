using DataSync.Refine.Rules.Logic;

namespace DataSync.Tests.Refine.Rules;

public class JsonLogicDifferentialTests
{
    [Fact]
    public async Task Evaluate_random_expressions_answers_as_json_logic_js()
    {
        var generator = new LogicGenerator(seed: 20_240_607);
        var cases = Enumerable.Range(0, 20_000).Select(i => (Logic: generator.Logic(1 + (i % 5)), Data: generator.Data())).ToList();
        var expected = await JsonLogicOracle.AskAsync(cases.Select(c => JsonLogicOracle.Case(c.Logic, c.Data)), TestContext.Current.CancellationToken);
        CompareAll(cases, expected);
        Assert.True(expected.Distinct(StringComparer.Ordinal).Count() > 500, "The answers are too much alike to prove anything.");
    }

    [Fact]
    public async Task Evaluate_every_operator_over_operands_it_is_made_for_answers_as_json_logic_js()
    {
        const int EachOperator = 400;
        var generator = new OperatorCases(seed: 20_260_105);
        Assert.Equal(LogicOperators.Names.Order(StringComparer.Ordinal), generator.Names.Order(StringComparer.Ordinal));
        var cases = generator.Names.SelectMany(name => Enumerable.Repeat(name, EachOperator)).Select(name => (Logic: generator.Logic(name), Data: generator.Data())).ToList();
        var expected = await JsonLogicOracle.AskAsync(cases.Select(c => JsonLogicOracle.Case(c.Logic, c.Data)), TestContext.Current.CancellationToken);
        CompareAll(cases, expected);
        foreach (var (name, answers) in generator.Names.Zip(expected.Chunk(EachOperator)))
        {
            // what only breaks proves nothing, and truths have two sides
            Assert.True(answers.Count(a => a != "throws") > EachOperator * 3 / 4, $"{name} throws too often.");
            Assert.All(answers.GroupBy(a => a, StringComparer.Ordinal), same => Assert.True(same.Count() < EachOperator * 19 / 20, $"{name} is {same.Key} nearly always."));
        }
    }

    private static void CompareAll(List<(string Logic, string Data)> cases, IReadOnlyList<string> expected)
    {
        Assert.Equal(cases.Count, expected.Count);
        var different = cases.Zip(expected)
            .Select(pair => (pair.First.Logic, pair.First.Data, Expected: pair.Second, Actual: CanonicalText.Evaluate(pair.First.Logic, pair.First.Data)))
            .Where(c => c.Expected != c.Actual).ToList();
        Assert.True(
            different.Count == 0,
            $"{different.Count} differ, such as:\n{string.Join('\n', different.OrderBy(d => d.Logic.Length).Take(12).Select(d => $"{d.Logic}\n  of {d.Data}\n  is {d.Actual}, should be {d.Expected}"))}");
    }
}
