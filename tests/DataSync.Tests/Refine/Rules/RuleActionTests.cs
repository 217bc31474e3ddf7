using System.Text;

namespace DataSync.Tests.Refine.Rules;

public class RuleActionTests
{
    [Theory]
    [InlineData("""{"set":{"b":2}}""", """{"a":1.50}""", """{"a":1.50,"b":2}""")]
    [InlineData("""{"set":{"a":{"+":[{"var":"a"},1]}}}""", """{"a":9223372036854775806,"z":0}""", """{"a":9223372036854775807,"z":0}""")]
    [InlineData("""{"set":{"b":{"+":[{"var":"a"},0.10]}}}""", """{"a":0.20}""", """{"a":0.20,"b":0.30}""")]
    [InlineData("""{"set":{"b":{"var":"a"}}}""", """{"a":1e400}""", """{"a":1e400,"b":1e400}""")]
    [InlineData("""{"set":{"b":{"var":"a"}}}""", """{"a":"\u0000\ud800\u0041"}""", """{"a":"\u0000\ud800\u0041","b":"\u0000\ud800\u0041"}""")]
    [InlineData("""{"set":{"x.y.z":1}}""", """{"a":1}""", """{"a":1,"x":{"y":{"z":1}}}""")]
    [InlineData("""{"set":{"x.y":1}}""", """{"x":null}""", """{"x":{"y":1}}""")]
    [InlineData("""{"set":{"x.y":1}}""", """{"x":{ }}""", """{"x":{"y":1}}""")]
    [InlineData("""{"set":{"x.y":1}}""", """{"x":{"k":0.10,"y":{"z":[1]},"l":2}}""", """{"x":{"k":0.10,"y":1,"l":2}}""")]
    [InlineData("""{"set":{"x":1,"y":{"var":"x"}}}""", "{}", """{"x":1,"y":1}""")]
    [InlineData("""{"set":{"x":{"var":""}}}""", """{"a":1}""", """{"a":1,"x":{"a":1}}""")]
    [InlineData("""{"set":{"x":{"and":[]}}}""", "{}", """{"x":null}""")]
    [InlineData("""{"set":{"a":3}}""", """{"a":1,"b":0,"a":2}""", """{"a":1,"b":0,"a":3}""")]
    [InlineData("""{"remove":"a"}""", """{"a":1,"b":2,"a":3}""", """{"b":2}""")]
    [InlineData("""{"remove":"a"}""", """{ "b" : 1e2 }""", """{ "b" : 1e2 }""")]
    [InlineData("""{"remove":"x.y"}""", """{"x":{"y":1, "z":1.0,"y":2}}""", """{"x":{"z":1.0}}""")]
    [InlineData("""{"remove":"a"}""", """{"\u0061":1,"b":2}""", """{"b":2}""")]
    [InlineData("""{"rename":{"a":"b"}}""", """{"z":0,"a":1.0,"y":2}""", """{"z":0,"b":1.0,"y":2}""")]
    [InlineData("""{"rename":{"a":"b"}}""", """{"b":0,"a":1,"b":2,"c":3}""", """{"b":1,"c":3}""")]
    [InlineData("""{"rename":{"a":"b"}}""", """{"a":0,"z":9,"a":1}""", """{"z":9,"b":1}""")]
    [InlineData("""{"rename":{"x.a":"x.b"}}""", """{"x":{"b":0,"a":1}}""", """{"x":{"b":1}}""")]
    [InlineData("""{"rename":{"nope":"b"}}""", """{"b":1}""", """{"b":1}""")]
    [InlineData("""{"set":{"a":2}},{"set":{"a":1}}""", """{"a":1}""", """{"a":1}""")]
    [InlineData("""{"set":{"n\n\"":"é😀\\"}}""", "{}", """{"n\n\"":"é😀\\"}""")]
    public async Task Refine_actions_change_only_what_they_name(string then, string document, string expected)
        => Assert.Equal(expected, await new RuleHarness().OneAsync(RuleHarness.Rule(then), document));

    [Theory]
    [InlineData("""{"a":1,"b":2}""", """{"set":{"a":1}}""")]
    [InlineData("""{"a":1,"b":2}""", """{"set":{"a":5}},{"set":{"a":1}}""")]
    [InlineData("""{ "a" : "x" }""", """{"cast":{"a":"string"}}""")]
    public async Task Refine_where_nothing_changes_leaves_no_document(string document, string then)
    {
        using var batch = await new RuleHarness().RefineAsync(RuleHarness.Rule(then), document);
        Assert.Equal(0, batch.Refined![0].Length);
    }

    [Fact]
    public async Task Refine_untouched_members_keep_space_digits_and_escapes()
        => Assert.Equal(
            """{"a" : 1.00,  "b":"\u00e9\/", "n":[ 1e5 ],"new":true}""",
            await new RuleHarness().OneAsync(RuleHarness.Rule("""{"set":{"new":true}}"""), """{ "a" : 1.00,  "b":"\u00e9\/", "n":[ 1e5 ] }"""));

    [Fact]
    public async Task Refine_a_rule_sees_what_those_before_it_did()
        => Assert.Equal("""{"b":2,"c":3}""", await new RuleHarness().OneAsync(
            """[{"id":"1","then":[{"rename":{"a":"b"}}]},{"id":"2","when":{"===":[{"var":"b"},2]},"then":[{"set":{"c":3}}]},{"id":"3","when":{"var":"a"},"then":[{"remove":"c"}]}]""",
            """{"a":2}"""));

    [Fact]
    public async Task Refine_after_a_reject_runs_nothing_more()
    {
        using var batch = await new RuleHarness().RefineAsync(
            """[{"id":"no","when":{"<":[{"var":"a"},0]},"then":[{"tag":"t"},{"reject":{"code":"NEG","message":"负数"}},{"set":{"a":1}}]},{"id":"then","then":[{"set":{"seen":true}}]}]""",
            """{"a":-1}""", """{"a":1}""");
        Assert.True(batch.TryGetRejection(0, out var rejection));
        Assert.Equal(("no", "NEG", "负数", null), (rejection.RuleId, rejection.Code, rejection.Message, rejection.Field));
        Assert.Equal(0, batch.Refined![0].Length);
        Assert.Null(batch.Metadata);
        Assert.Equal("""{"a":1,"seen":true}""", Encoding.UTF8.GetString(batch.Refined[1]));
    }

    [Fact]
    public async Task Refine_tags_go_to_the_metadata_once_each()
    {
        using var batch = await new RuleHarness().RefineAsync(
            """[{"id":"1","when":{"var":"t"},"then":[{"tag":"vip \"1\""},{"tag":"b"},{"tag":"b"}]}]""", """{"t":0}""", """{"t":1}""", """{"t":0}""");
        Assert.Equal(["", """{"tags":["vip \"1\"","b"]}""", ""], Enumerable.Range(0, 3).Select(i => Encoding.UTF8.GetString(batch.Metadata![i])));
        Assert.Equal(0, batch.Refined![1].Length);
    }

    [Theory]
    [InlineData("""{"set":{"a":{"/":[1,0]}}}""", """{"a":1}""", "SYNC_264|errors.rules.not_a_number|a")]
    [InlineData("""{"set":{"a.b":1}}""", """{"a":1}""", "SYNC_265|errors.rules.not_an_object|a.b")]
    [InlineData("""{"set":{"a":1}}""", "[1]", "SYNC_265|errors.rules.not_an_object|a")]
    [InlineData("""{"set":{"a":{"missing_some":[1,null]}}}""", "{}", "SYNC_266|errors.rules.bad_operand|a")]
    [InlineData("""{"set":{"a":1}}""", """{"a":""", "SYNC_267|errors.rules.unreadable_record|")]
    public async Task Refine_a_rule_that_fails_rejects_with_code_and_field(string then, string document, string expected)
        => Assert.StartsWith(expected, await new RuleHarness().OneAsync(RuleHarness.Rule(then), document), StringComparison.Ordinal);

    [Fact]
    public async Task Refine_a_rule_that_fails_half_way_and_keeps_leaves_nothing_behind()
    {
        using var batch = await new RuleHarness().RefineAsync(
            """[{"id":"0","then":[{"set":{"first":1}}]},{"id":"1","then":[{"set":{"x":1}},{"tag":"t"},{"cast":{"a":"integer"}}],"on_error":"keep"},{"id":"2","then":[{"set":{"last":{"var":"x"}}}]}]""",
            """{"a":"no"}""");
        Assert.Equal("""{"a":"no","first":1,"last":null}""", Encoding.UTF8.GetString(batch.Refined![0]));
        Assert.Null(batch.Metadata);
        Assert.Equal(0, batch.RejectedCount);
    }

    [Fact]
    public async Task Refine_an_expression_that_grows_without_end_is_stopped()
    {
        var list = string.Join(',', Enumerable.Range(0, 3000));
        var doubling = """{"set":{"a":{"reduce":[{"var":"l"},{"cat":[{"var":"accumulator"},{"var":"accumulator"}]},"xx"]}}}""";
        var nesting = """{"set":{"a":{"reduce":[{"var":"l"},[{"var":"accumulator"}],0]}}}""";
        var cross = """{"set":{"a":{"reduce":[{"var":"l"},{"merge":[{"var":"accumulator"},{"var":"accumulator"}]},[1]]}}}""";
        Assert.StartsWith("SYNC_262|", await new RuleHarness().OneAsync(RuleHarness.Rule(doubling), $$"""{"l":[{{list}}]}"""), StringComparison.Ordinal);
        Assert.StartsWith("SYNC_263|", await new RuleHarness().OneAsync(RuleHarness.Rule(nesting), $$"""{"l":[{{list}}]}"""), StringComparison.Ordinal);
        Assert.StartsWith("SYNC_261|", await new RuleHarness().OneAsync(RuleHarness.Rule(cross), $$"""{"l":[{{list}}]}"""), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Refine_a_deeply_nested_record_passes_through()
    {
        var deep = $$"""{"a":1,"d":{{new string('[', 5000)}}{{new string(']', 5000)}}}""";
        Assert.Equal(deep.Replace("\"a\":1", "\"a\":2", StringComparison.Ordinal), await new RuleHarness().OneAsync(RuleHarness.Rule("""{"set":{"a":2}}"""), deep));
    }
}
