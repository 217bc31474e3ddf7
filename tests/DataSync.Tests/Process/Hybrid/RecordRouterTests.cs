using System.Text;
using System.Text.Json;
using DataSync.Pipeline;
using DataSync.Pipeline.Routing;
using DataSync.Process;
using DataSync.Process.Hybrid;
using DataSync.Refine.Rules;

namespace DataSync.Tests.Process.Hybrid;

public sealed class RecordRouterTests
{
    [Fact]
    public void First_rule_that_matches_wins_and_is_counted()
    {
        var router = Router("""[{"when":{">":[{"var":"n"},10]},"to":"realtime"},{"when":{">":[{"var":"n"},5]},"to":"async"},{"when":{">":[{"var":"n"},3]},"to":"realtime"}]""", SyncModes.Async);
        Assert.Equal([true, false, true, false], new[] { 11, 7, 4, 1 }.Select(n => router.Route(Document($"{{\"n\":{n}}}")).ToMemory));
        var counts = router.Counts.Snapshot();
        Assert.Equal((2, 2, 0), (counts.Async, counts.Realtime, counts.Undecided));
        Assert.Equal([1, 1, 1], counts.Rules.Select(r => r.Records));
        Assert.Equal(new RoutedByDefault("async", 1), counts.Default);
    }

    [Fact]
    public void Default_may_be_memory()
        => Assert.True(Router("[]", SyncModes.Realtime).Route(Document("{}")).ToMemory);

    [Theory]
    [InlineData("not json")]
    [InlineData("""{"a":[1,2""")]
    public void Record_that_no_rule_can_read_goes_to_memory_and_is_counted_as_undecided(string document)
    {
        var router = Router("""[{"when":{"==":[{"var":"a"},1]},"to":"async"}]""", SyncModes.Async);
        Assert.Equal((true, true), (router.Route(Document(document)).ToMemory, router.Route(Document(document)).Match.IsUndecided));
        Assert.Equal(2, router.Counts.Snapshot().Undecided);
    }

    [Fact]
    public void Rule_that_hits_its_bound_sends_to_memory()
    {
        var many = string.Join(',', Enumerable.Repeat("1", 5000));
        var router = Router("""[{"when":{"all":[{"var":"a"},{"all":[{"var":""},true]}]},"to":"async"},{"when":{"map":[{"var":"a"},{"map":[{"var":"a"},1]}]},"to":"async"}]""", SyncModes.Async);
        router = Router("""[{"when":{"reduce":[{"var":"a"},{"cat":[{"var":"accumulator"},{"var":"accumulator"},"x"]},"x"]},"to":"async"}]""", SyncModes.Async);
        var route = router.Route(Document($"{{\"a\":[{many}]}}"));
        Assert.True(route is { ToMemory: true, Match.IsUndecided: true });
        Assert.False(router.Route(Document("""{"a":[1]}""")).ToMemory);
    }

    [Fact]
    public void All_faults_of_routing_are_named_at_once()
    {
        var plan = JsonElement.Parse("""
            {"mode":"hybrid","processing_rules":{"routing":[{"when":{"nonsense":[]},"to":"sideways","more":1},7,{"to":"async"},{"when":true}],"routing_default":3,"batch_size":0,"x":1}}
            """);
        var section = new ProcessSection([], RecordConditions.Compile);
        var paths = section.Validate(plan, "").Select(f => f.Path).Order(StringComparer.Ordinal).ToList();
        Assert.Equal(
            ["/mode", "/processing_rules/batch_size", "/processing_rules/routing/0/more", "/processing_rules/routing/0/to", "/processing_rules/routing/0/when/nonsense",
             "/processing_rules/routing/1", "/processing_rules/routing/2/when", "/processing_rules/routing/3/to", "/processing_rules/routing_default", "/processing_rules/x"],
            paths);
    }

    [Theory]
    [InlineData("""{"processing_rules":{"routing":[]}}""")]
    [InlineData("""{"mode":"async","processing_rules":{"routing_default":"realtime"}}""")]
    public void Routing_outside_hybrid_is_refused(string plan)
        => Assert.Equal("faults.routing_mode", Assert.Single(new ProcessSection([], RecordConditions.Compile).Validate(JsonElement.Parse(plan), ""), f => f.Path != "/mode").MessageKey);

    [Fact]
    public void Rules_are_at_most_a_hundred()
    {
        var rules = JsonElement.Parse("[" + string.Join(',', Enumerable.Repeat("""{"when":true,"to":"async"}""", 101)) + "]");
        Assert.Equal("faults.items", Assert.Single(RoutingRules.Validate(rules, "/r", RecordConditions.Compile)).MessageKey);
    }

    private static ReadOnlyMemory<byte> Document(string text) => Encoding.UTF8.GetBytes(text);

    private static RecordRouter Router(string rules, string fallback)
        => RecordRouter.Of(
            new RoutingPlan { Rules = [.. JsonElement.Parse(rules).EnumerateArray().Select(r => new RoutingRule(r.GetProperty("when"), r.GetProperty("to").GetString()!))], Default = fallback },
            RecordConditions.Compile);
}
