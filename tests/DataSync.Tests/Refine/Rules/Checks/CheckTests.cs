using System.Text;
using System.Text.Json;
using DataSync.Pipeline;
using DataSync.Pipeline.Failures;
using DataSync.Pipeline.Refinement;
using DataSync.Refine.Rules;
using DataSync.Refine.Rules.Checks;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using Microsoft.Extensions.Logging.Abstractions;

namespace DataSync.Tests.Refine.Rules.Checks;

public sealed class CheckTests
{
    [Theory]
    [InlineData("""{"check":"not_null"}""", """{"f":0}""", null)]
    [InlineData("""{"check":"not_null"}""", """{"f":""}""", null)]
    [InlineData("""{"check":"not_null"}""", """{"f":null}""", "SYNC_211")]
    [InlineData("""{"check":"not_null"}""", "{}", "SYNC_211")]
    [InlineData("""{"check":"in_set","values":["a","é",1.50,true]}""", """{"f":"a"}""", null)]
    [InlineData("""{"check":"in_set","values":["a","é",1.50,true]}""", """{"f":"\u00e9"}""", null)]
    [InlineData("""{"check":"in_set","values":["a","é",1.50,true]}""", """{"f":1.5}""", null)]
    [InlineData("""{"check":"in_set","values":["a","é",1.50,true]}""", """{"f":true}""", null)]
    [InlineData("""{"check":"in_set","values":["a","é",1.50,true]}""", """{"f":false}""", "SYNC_213")]
    [InlineData("""{"check":"in_set","values":["a","é",1.50,true]}""", """{"f":"1.50"}""", "SYNC_213")]
    [InlineData("""{"check":"in_set","values":["a"]}""", """{"f":["a"]}""", "SYNC_213")]
    [InlineData("""{"check":"in_set","values":[9007199254740993]}""", """{"f":9007199254740992}""", "SYNC_213")]
    [InlineData("""{"check":"in_set","values":["a"]}""", """{"f":null}""", null)]
    [InlineData("""{"check":"between","min":0,"max":9007199254740993}""", """{"f":9007199254740993}""", null)]
    [InlineData("""{"check":"between","min":0,"max":9007199254740993}""", """{"f":9007199254740994}""", "SYNC_214")]
    [InlineData("""{"check":"between","min":0.1}""", """{"f":0.10}""", null)]
    [InlineData("""{"check":"between","min":0.1}""", """{"f":0.09}""", "SYNC_214")]
    [InlineData("""{"check":"between","min":0}""", """{"f":"5"}""", "SYNC_214")]
    [InlineData("""{"check":"between","min":"2024-01-01","max":"2024-12-31"}""", """{"f":"2024-02-29"}""", null)]
    [InlineData("""{"check":"between","min":"2024-01-01","max":"2024-12-31"}""", """{"f":"2025-01-01"}""", "SYNC_214")]
    [InlineData("""{"check":"matches","pattern":"^[^@]+@[^@]+$"}""", """{"f":"a@b"}""", null)]
    [InlineData("""{"check":"matches","pattern":"^[^@]+@[^@]+$"}""", """{"f":"ab"}""", "SYNC_215")]
    [InlineData("""{"check":"matches","pattern":"^1$"}""", """{"f":1}""", "SYNC_215")]
    [InlineData("""{"check":"type","type":"integer"}""", """{"f":9223372036854775807}""", null)]
    [InlineData("""{"check":"type","type":"integer"}""", """{"f":9223372036854775808}""", "SYNC_216")]
    [InlineData("""{"check":"type","type":"integer"}""", """{"f":"1"}""", "SYNC_216")]
    [InlineData("""{"check":"type","type":"date"}""", """{"f":"2024-02-30"}""", "SYNC_216")]
    [InlineData("""{"check":"type","type":"date"}""", """{"f":"2024-02-29"}""", null)]
    [InlineData("""{"check":"type","type":"object"}""", """{"f":{}}""", null)]
    [InlineData("""{"check":"type","type":"array"}""", """{"f":{}}""", "SYNC_216")]
    public async Task Check_finds_what_is_wrong_and_nothing_else(string check, string document, string? code)
    {
        using var batch = Batch(0, document);
        using var refiner = Refiner($$"""[{"id":"c","field":"f",{{check[1..]}}]""");
        await refiner.RefineAsync(batch, TestContext.Current.CancellationToken);
        batch.TryGetRejection(0, out var rejection);
        Assert.Equal((code, code is null ? null : "c", code is null ? null : "f"), (rejection?.Code, rejection?.RuleId, rejection?.Field));
        Assert.Equal([new RuleCount("c", 1, code is null ? 0 : 1, code is null ? 0 : 1)], batch.RuleHits!.Snapshot());
    }

    [Theory]
    [InlineData("""[{"id":"c","field":"f","check":"nonsense"}]""", "/checks/0/check")]
    [InlineData("""[{"id":"c","check":"not_null"}]""", "/checks/0/field")]
    [InlineData("""[{"id":"c","fields":["a","b"],"check":"not_null"}]""", "/checks/0/fields")]
    [InlineData("""[{"id":"c","field":"a","check":"between"}]""", "/checks/0")]
    [InlineData("""[{"id":"c","field":"a","check":"between","min":1,"max":"2"}]""", "/checks/0")]
    [InlineData("""[{"id":"c","field":"a","check":"in_set","values":[]}]""", "/checks/0/values")]
    [InlineData("""[{"id":"c","field":"a","check":"in_set","values":[{}]}]""", "/checks/0/values/0")]
    [InlineData("""[{"id":"c","field":"a","check":"matches","pattern":"(?=x)"}]""", "/checks/0/pattern")]
    [InlineData("""[{"id":"c","field":"a","check":"matches","pattern":"(a)\\1"}]""", "/checks/0/pattern")]
    [InlineData("""[{"id":"c","field":"a","check":"matches","pattern":"(a{1000}){1000}"}]""", "/checks/0/pattern")]
    [InlineData("""[{"id":"c","field":"a","check":"type","type":"money"}]""", "/checks/0/type")]
    [InlineData("""[{"id":"c","field":"a","check":"not_null","tag":"x"}]""", "/checks/0/tag")]
    [InlineData("""[{"id":"c","field":"a","check":"not_null","values":[1]}]""", "/checks/0/values")]
    [InlineData("""[{"id":"c","field":"a","check":"not_null","on_fail":"ignore"}]""", "/checks/0/on_fail")]
    [InlineData("""[{"id":"r","field":"a","check":"not_null"}]""", "/checks/0/id")]
    public void Wrong_check_is_named_by_its_place(string checks, string path)
    {
        var faults = RuleSetReader.Read(JsonElement.Parse("""[{"id":"r","then":[{"tag":"t"}]}]"""), "/business_rules", JsonElement.Parse(checks), "/checks").Faults;
        Assert.Equal([path], faults.Select(f => f.Path));
    }

    [Theory]
    [InlineData("\"tag\"", "c")]
    [InlineData("\"tag\",\"tag\":\"odd\"", "odd")]
    [InlineData("\"count\"", null)]
    public async Task Failure_that_only_tags_or_counts_keeps_the_record(string outcome, string? tag)
    {
        using var batch = Batch(0, """{"f":null}""", """{"f":1}""");
        using var refiner = Refiner($$"""[{"id":"c","field":"f","check":"not_null","on_fail":{{outcome}}}]""");
        await refiner.RefineAsync(batch, TestContext.Current.CancellationToken);
        Assert.Equal(0, batch.RejectedCount);
        Assert.Equal([new RuleCount("c", 2, 1, 0)], batch.RuleHits!.Snapshot());
        Assert.Equal(tag is null ? "" : $$"""{"tags":["{{tag}}"]}""", batch.Metadata is { } metadata ? Encoding.UTF8.GetString(metadata[0]) : "");
    }

    [Fact]
    public async Task Unique_compares_values_and_leaves_out_refused_records_and_nulls()
    {
        const string Checks = """[{"id":"u","fields":["a","b"],"check":"unique"},{"id":"n","field":"c","check":"not_null"}]""";
        using var batch = Batch(
            0,
            """{"a":1,"b":"x","c":null}""", // refused by the check behind it: its values are free
            """{"a":1,"b":"x","c":1}""",
            """{"a":1.0,"b":"\u0078","c":1}""", // the same values
            """{"a":1,"b":"y","c":1}""",
            """{"a":"1","b":"x","c":1}""", // a text is no number
            """{"a":null,"b":"x","c":1}""",
            """{"b":"x","c":1}""");
        using var refiner = Refiner(Checks);
        await refiner.RefineAsync(batch, TestContext.Current.CancellationToken);
        Assert.Equal([0, 2], Enumerable.Range(0, batch.Count).Where(batch.IsRejected));
        Assert.Equal([new RuleCount("u", 7, 1, 1), new RuleCount("n", 6, 1, 1)], batch.RuleHits!.Snapshot());
    }

    // Feature: data-sync-pipeline, Property 13: For any data with business rules defined, applying the rules should transform the data
    // according to the rule definitions, and invalid data should be rejected with specific error messages.
    [Property(MaxTest = 200)]
    [Trait("Property", "13")]
    public Property Unique_holds_over_attempts_that_go_on_wherever_one_crashed()
        => Prop.ForAll(
            (from values in Gen.Choose(0, 30).ListOf()
             from size in Gen.Choose(1, 7)
             from crashes in Gen.Choose(0, 40).ListOf(3)
             select (values: values.ToArray(), size, crashes: crashes.ToArray())).ToArbitrary(),
            async given =>
            {
                HashSet<int> seen = [];
                var expected = given.values.Select(seen.Add).ToList();
                List<bool> kept = [];
                List<SeenValues> durable = [];
                var counts = new RuleHits(["u"]);
                var crashes = given.crashes.Order().ToList();
                while (kept.Count < given.values.Length)
                {
                    using var refiner = Refiner("""[{"id":"u","field":"v","check":"unique"}]""");
                    foreach (var memory in durable.OrderBy(s => s.Name, StringComparer.Ordinal)) refiner.Recall(memory);
                    while (kept.Count < given.values.Length)
                    {
                        var part = given.values.Skip(kept.Count).Take(given.size).ToArray();
                        using var batch = Batch(kept.Count, [.. part.Select(v => $$"""{"v":{{v}}}""")]);
                        await refiner.RefineAsync(batch, CancellationToken.None);
                        if (crashes.Count > 0 && kept.Count + part.Length > crashes[0])
                        {
                            crashes.RemoveAt(0); // refined, never committed
                            break;
                        }

                        durable.AddRange(batch.Seen);
                        counts.With(batch.RuleHits);
                        kept.AddRange(Enumerable.Range(0, part.Length).Select(i => !batch.IsRejected(i)));
                    }
                }

                Assert.Equal(expected, kept);
                Assert.Equal([new RuleCount("u", kept.Count, kept.Count(k => !k), kept.Count(k => !k))], counts.Snapshot());
            });

    [Fact]
    public void Memory_for_unique_values_is_bounded_and_given_back()
    {
        var memory = new UniqueMemory(40_000);
        using (var first = new UniqueValues(memory, ["u"]))
        {
            var full = Assert.Throws<SyncFailureException>(() =>
            {
                for (var i = 0; i < 10_000; i++)
                {
                    Assert.True(first.TryClaim(0, BitConverter.GetBytes(i)));
                    first.Keep();
                }
            });
            Assert.Equal((FailureKind.Transient, "errors.rules.unique_busy"), (full.Failure.Kind, full.Failure.MessageKey));
        }

        memory.Take(40_000);
    }

    internal static RulesBatchRefiner Refiner(string checks)
        => new(CompiledRules.Of(default, JsonElement.Parse(checks)), new UniqueMemory(long.MaxValue), NullLogger.Instance);

    internal static RecordBatch Batch(long first, params IReadOnlyList<string> documents)
    {
        var raw = new RecordBuffer();
        foreach (var document in documents) raw.Add(Encoding.UTF8.GetBytes(document));
        return new RecordBatch(first, raw);
    }
}
