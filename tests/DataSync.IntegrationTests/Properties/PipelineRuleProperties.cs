using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using DataSync.Tests.Properties;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;

namespace DataSync.IntegrationTests.Properties;

/// <summary>Business rules over rows of a PostgreSQL table, on the way into ours: what is stored, quarantined, exported and logged.</summary>
public sealed partial class PipelineRuleProperties(WholePipeline pipeline) : IClassFixture<WholePipeline>
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    // Feature: data-sync-pipeline, Property 13: For any data with business rules defined, applying the rules should transform the data
    // according to the rule definitions, and invalid data should be rejected with specific error messages.
    [Property(MaxTest = 100)]
    [Trait("Property", "13")]
    public Property Rules_transform_and_reject_stored_records_as_the_model_says()
        => Prop.ForAll(
            (from rules in RuleGenerators.Rules from documents in RuleGenerators.Document.ListOf(24) from size in Gen.Choose(1, 30) select (rules, documents, size)).ToArbitrary(),
            async given =>
            {
                var data = SourceData.OfDocuments([.. given.documents], RuleGenerators.Fields);
                var outcome = await pipeline.RunAsync(data, Start(string.Join(',', given.rules.Select(r => r.ToJson())), given.size), Ct);
                var (stored, rejected, lines) = (new Queue<StoredRow>(outcome.Stored), new Queue<RejectedRow>(outcome.Rejected), new Queue<string>(outcome.Lines));
                foreach (var (seq, raw) in data.Records().Index())
                {
                    var model = RuleModel.Run(raw, given.rules);
                    if (model.Rejection is { } expected)
                    {
                        var refused = rejected.Dequeue();
                        Assert.Equal((seq, expected.Rule, expected.Code, expected.Field, raw), (refused.Seq, refused.RuleId, refused.Code, refused.Field, refused.Original));
                        Assert.StartsWith(expected.Field is null ? "refused: " : "errors.rules.", refused.Message, StringComparison.Ordinal);
                        continue;
                    }

                    var row = stored.Dequeue();
                    Assert.Equal((seq, raw), (row.Seq, row.Raw));
                    AssertEqual(model.Record, row.Refined ?? row.Raw);
                    AssertEqual(model.Record, lines.Dequeue());
                    Assert.Equal(model.Tags, row.Metadata is { } metadata ? JsonNode.Parse(metadata)!["tags"]!.AsArray().Select(t => (string)t!) : []);
                }

                Assert.Equal((0, 0, 0), (stored.Count, rejected.Count, lines.Count));
            });

    // Feature: data-sync-pipeline, Property 14: For any refinement operation that fails, the original data should remain unchanged and
    // accessible, and the error should be logged with full details.
    [Property(MaxTest = 100)]
    [Trait("Property", "14")]
    public Property Failing_rules_leave_the_originals_readable_and_the_failure_logged()
        => Prop.ForAll(
            (from documents in RuleGenerators.Document.NonEmptyListOf()
             from failing in RuleGenerators.Failing
             from keeps in ArbMap.Default.GeneratorFor<bool>()
             from size in Gen.Choose(1, 30)
             select (documents, failing, keeps, size)).ToArbitrary(),
            async given =>
            {
                pipeline.Logs.Clear();
                var data = SourceData.OfDocuments([.. given.documents], RuleGenerators.Fields);
                var rule = $$"""{"id":"breaks","then":[{{given.failing.Then}}],"on_error":"{{(given.keeps ? "keep" : "reject")}}"}""";
                var outcome = await pipeline.RunAsync(data, Start(rule, given.size), Ct);
                var expected = data.Records();
                Assert.Equal(given.keeps ? expected : [], outcome.Stored.Select(r => r.Raw));
                Assert.Equal(given.keeps ? expected : [], outcome.Lines);
                Assert.All(outcome.Stored, r => Assert.Equal((null, null), (r.Refined, r.Metadata)));
                Assert.Equal(given.keeps ? [] : expected, outcome.Rejected.Select(r => r.Original));
                Assert.All(outcome.Rejected, r => Assert.Equal(("breaks", given.failing.Code, given.failing.Field), (r.RuleId, r.Code, r.Field)));
                CheckLog(pipeline.Logs.All, given.failing, expected.Length, (expected.Length + given.size - 1) / given.size);
            });

    /// <summary>A line for each batch, with rule, code, field and place; together they count every record, and none quotes one.</summary>
    private static void CheckLog(string log, (string Then, string Code, string Field) failing, int records, int batches)
    {
        var lines = log.Split('\n').Where(l => l.StartsWith("Warning 1400 ", StringComparison.Ordinal)).Select(l => Failure().Match(l)).ToList();
        Assert.Equal(batches, lines.Count);
        Assert.All(lines, l => Assert.Equal(("breaks", failing.Code, failing.Field), (l.Groups["rule"].Value, l.Groups["code"].Value, l.Groups["field"].Value)));
        var next = 0;
        foreach (var line in lines)
        {
            Assert.Equal(next, int.Parse(line.Groups["first"].Value, CultureInfo.InvariantCulture));
            next += int.Parse(line.Groups["count"].Value, CultureInfo.InvariantCulture);
        }

        Assert.Equal(records, next);
        Assert.DoesNotContain("secret-payload", log, StringComparison.Ordinal);
    }

    private static void AssertEqual(JsonObject expected, string actual)
    {
        var parsed = JsonNode.Parse(actual)!.AsObject();
        Assert.True(JsonNode.DeepEquals(expected, parsed), $"{actual} should be {expected.ToJsonString()}");
        Assert.Equal(expected.Select(m => m.Key), parsed.Select(m => m.Key));
    }

    private static string Start(string rules, int batchSize) => $$$"""
        {"refinement_config":{"business_rules":[{{{rules}}}]},"processing_rules":{"batch_size":{{{batchSize}}}},"output_format":"jsonl","export_config":{"include_original":false,"include_metadata":false}}
        """;

    [GeneratedRegex("^Warning 1400 Rule (?<rule>.+) failed with (?<code>.+) at field (?<field>.+) on (?<count>[0-9]+) records of a batch, first on record (?<first>[0-9]+) ", RegexOptions.ExplicitCapture)]
    private static partial Regex Failure();
}
