using System.Text;
using System.Text.Json.Nodes;
using DataSync.Tests.Refine.Rules;
using FsCheck;
using FsCheck.Fluent;

namespace DataSync.Tests.Properties;

public class BusinessRuleProperties
{
    // Feature: data-sync-pipeline, Property 13: For any data with business rules defined, applying the rules should transform the data
    // according to the rule definitions, and invalid data should be rejected with specific error messages.
    [FsCheck.Xunit.Property(MaxTest = 500)]
    [Trait("Property", "13")]
    public Property Rules_transform_and_reject_as_the_model_says()
        => Prop.ForAll(
            (from rules in RuleGenerators.Rules from documents in RuleGenerators.Document.ListOf(4) select (rules, documents)).ToArbitrary(),
            c => Check(c.rules, [.. c.documents]));

    // Feature: data-sync-pipeline, Property 14: For any refinement operation that fails, the original data should remain unchanged and
    // accessible, and the error should be logged with full details.
    [FsCheck.Xunit.Property(MaxTest = 300)]
    [Trait("Property", "14")]
    public Property Failing_rules_leave_originals_and_say_where_they_failed()
        => Prop.ForAll(
            (from documents in RuleGenerators.Document.ListOf(4)
             from failing in RuleGenerators.Failing
             from keeps in ArbMap.Default.GeneratorFor<bool>()
             select (documents, failing, keeps)).ToArbitrary(),
            c => CheckFailure([.. c.documents], c.failing, c.keeps));

    private static void Check(IReadOnlyList<ModelRule> rules, string[] documents)
    {
        var harness = new RuleHarness();
        using var batch = harness.RefineAsync($"[{string.Join(',', rules.Select(r => r.ToJson()))}]", documents).GetAwaiter().GetResult();
        for (var i = 0; i < documents.Length; i++)
        {
            var model = RuleModel.Run(documents[i], rules);
            Assert.Equal(documents[i], Encoding.UTF8.GetString(batch.Raw[i]));
            if (model.Rejection is { } expected)
            {
                Assert.True(batch.TryGetRejection(i, out var rejection));
                Assert.Equal(expected, (rejection.RuleId, rejection.Code, rejection.Field));
                Assert.StartsWith(expected.Field is null ? "refused: " : "errors.rules.", rejection.Message, StringComparison.Ordinal);
                continue;
            }

            Assert.False(batch.IsRejected(i));
            var refined = JsonNode.Parse(batch.Current(i).Span)!.AsObject();
            Assert.True(JsonNode.DeepEquals(model.Record, refined), $"{refined.ToJsonString()} should be {model.Record.ToJsonString()}");
            Assert.Equal(model.Record.Select(m => m.Key), refined.Select(m => m.Key));
            var tags = batch.Metadata is { } metadata && metadata[i].Length > 0 ? JsonNode.Parse(metadata[i])!["tags"]!.AsArray().Select(t => (string)t!) : [];
            Assert.Equal(model.Tags, tags);
        }
    }

    private static void CheckFailure(string[] documents, (string Then, string Code, string Field) failing, bool keeps)
    {
        var harness = new RuleHarness();
        var rules = $$"""[{"id":"breaks","then":[{{failing.Then}}],"on_error":"{{(keeps ? "keep" : "reject")}}"}]""";
        using var batch = harness.RefineAsync(rules, documents).GetAwaiter().GetResult();
        for (var i = 0; i < documents.Length; i++)
        {
            Assert.Equal(documents[i], Encoding.UTF8.GetString(batch.Raw[i]));
            Assert.Equal(documents[i], Encoding.UTF8.GetString(batch.Current(i).Span));
            Assert.Equal(!keeps, batch.TryGetRejection(i, out var rejection));
            if (keeps) continue;
            Assert.Equal(("breaks", failing.Code, failing.Field), (rejection!.RuleId, rejection.Code, rejection.Field));
        }

        Assert.Null(batch.Metadata);
        var line = Assert.Single(harness.Log);
        Assert.StartsWith($"1400 Rule breaks failed with {failing.Code} at field {failing.Field} on {documents.Length} records", line, StringComparison.Ordinal);
        Assert.DoesNotContain("secret-payload", line, StringComparison.Ordinal);
    }
}
