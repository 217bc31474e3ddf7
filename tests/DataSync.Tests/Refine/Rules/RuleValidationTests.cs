using System.Text.Json;
using DataSync.Refine.Rules;

namespace DataSync.Tests.Refine.Rules;

public class RuleValidationTests
{
    [Theory]
    [InlineData("{}", "/business_rules wrong_type")]
    [InlineData("[1]", "/business_rules/0 wrong_type")]
    [InlineData("[{}]", "/business_rules/0/id required;/business_rules/0/then required")]
    [InlineData("""[{"id":1,"then":{},"when_":1,"on_error":"x"}]""", "/business_rules/0/id wrong_type;/business_rules/0/on_error unknown_on_error;/business_rules/0/then wrong_type;/business_rules/0/when_ unknown_member")]
    [InlineData("""[{"id":"a","then":[{"tag":"x"}]},{"id":"a","then":[{"tag":""}]}]""", "/business_rules/1/id duplicate_id;/business_rules/1/then/0/tag empty")]
    [InlineData("""[{"id":"a","when":{"bad/op":[]},"then":[{"set":{"x":{"*":[]}}}]}]""", "/business_rules/0/then/0/set/x/* too_few_operands;/business_rules/0/when/bad~1op unknown_operator")]
    [InlineData("""[{"id":"a","then":[{"drop":"x"},{"cast":{"a":"int"}},{"cast":{}},{"remove":"a..b"},{"rename":{"a.b":"c.d"}}]}]""",
        "/business_rules/0/then/0/drop unknown_action;/business_rules/0/then/1/cast/a unknown_type;/business_rules/0/then/2/cast field_count;/business_rules/0/then/3/remove empty_field;/business_rules/0/then/4/rename/a.b rename_elsewhere")]
    [InlineData("""[{"id":"a","then":[{"reject":{"code":"SYNC_1","message":"errors.x","more":1}},{"set":{"a":1},"tag":"t"}]}]""",
        "/business_rules/0/then/0/reject/code reserved;/business_rules/0/then/0/reject/message reserved;/business_rules/0/then/0/reject/more unknown_member;/business_rules/0/then/1 one_action")]
    [InlineData("""[{"id":"a","id":"b","then":[{"set":{"x":1,"x":2}}],"when":{"==":[1],"==":[2]}}]""",
        "/business_rules/0/id duplicate_member;/business_rules/0/then/0/set/x duplicate_member;/business_rules/0/when duplicate_member")]
    [InlineData("""[{"id":"\ud800","then":[{"tag":"t"}]}]""", "/business_rules broken_text")]
    public void Validate_names_every_fault_at_once(string rules, string expected)
    {
        var faults = RuleHarness.Validate(rules);
        Assert.Equal(expected, string.Join(';', faults
            .Select(f => $"{f.Path} {f.MessageKey.Replace("faults.rules.", "", StringComparison.Ordinal)}").Order(StringComparer.Ordinal)));
        using var texts = Open("languages/en-US.json");
        Assert.All(faults, fault => Assert.True(texts.RootElement.TryGetProperty(fault.MessageKey, out _), fault.MessageKey));
    }

    [Fact]
    public void Validate_holds_the_limits()
    {
        var nested = string.Concat(Enumerable.Repeat("""{"!":""", 70)) + "1" + new string('}', 70);
        Assert.Equal("faults.rules.too_deep", Assert.Single(When(nested)).MessageKey);
        var wide = $$"""{"or":[{{string.Join(',', Enumerable.Repeat("1", 10_001))}}]}""";
        Assert.Equal("faults.rules.too_many_nodes", Assert.Single(When(wide)).MessageKey);
        Assert.Equal("faults.rules.too_long", Assert.Single(When($"\"{new string('x', 70_000)}\"")).MessageKey);
        var many = $"[{string.Join(',', Enumerable.Repeat("{}", 501))}]";
        Assert.Equal("faults.rules.too_many_rules", Assert.Single(RuleHarness.Validate(many)).MessageKey);
        Assert.Equal("faults.rules.field_too_long", Assert.Single(RuleHarness.Validate(RuleHarness.Rule($$"""{"remove":"{{new string('a', 501)}}"}"""))).MessageKey);
    }

    [Fact]
    public void Faults_and_failures_have_texts_and_codes()
    {
        using var errors = Open("errors.json");
        var codes = errors.RootElement.EnumerateArray().ToDictionary(e => e.GetProperty("code").GetString()!, e => e.GetProperty("key").GetString());
        using var texts = Open("languages/en-US.json");
        foreach (var failure in RuleFailure.All)
        {
            Assert.Equal(failure.MessageKey, codes[failure.Code]);
            Assert.True(texts.RootElement.TryGetProperty(failure.MessageKey, out _), failure.MessageKey);
        }
    }

    private static IReadOnlyList<DataSync.Pipeline.Failures.Fault> When(string logic)
        => RuleHarness.Validate($$"""[{"id":"a","when":{{logic}},"then":[{"tag":"t"}]}]""");

    private static JsonDocument Open(string resource) => JsonDocument.Parse(typeof(RulesRefiner).Assembly.GetManifestResourceStream(resource)!);
}
