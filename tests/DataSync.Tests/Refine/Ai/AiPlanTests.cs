using System.Text.Json;
using DataSync.Refine.Ai;
using DataSync.Refine.Ai.Answers;
using DataSync.Refine.Ai.Privacy;
using DataSync.Refine.Ai.Schema;
using Microsoft.Extensions.Configuration;

namespace DataSync.Tests.Refine.Ai;

public sealed class AiPlanTests
{
    private static readonly AiOptions Options = new() { BaseUrl = new Uri("https://model.example/v1"), Model = "m", Models = ["m", "n"] };

    [Theory]
    [InlineData("""{"enable_ai_enhancement":"yes"}""", "/enable_ai_enhancement faults.bool")]
    [InlineData("""{"enable_ai_enhancement":true,"ai_model":"other"}""", "/ai_model faults.one_of")]
    [InlineData("""{"ai":[]}""", "/ai faults.object")]
    [InlineData("""{"ai":{"tasks":["poem"]}}""", "/ai/tasks/0 faults.one_of")]
    [InlineData("""{"ai":{"tasks":[]}}""", "/ai/tasks faults.items")]
    [InlineData("""{"ai":{"tasks":["classification"]}}""", "/ai/categories faults.required")]
    [InlineData("""{"ai":{"categories":["a","a"]}}""", "/ai/categories/1 faults.duplicate")]
    [InlineData("""{"ai":{"min_confidence":2}}""", "/ai/min_confidence faults.number")]
    [InlineData("""{"ai":{"over_budget":"wait"}}""", "/ai/over_budget faults.one_of")]
    [InlineData("""{"ai":{"colour":1}}""", "/ai/colour faults.unknown")]
    [InlineData("""{"ai":{"schema":{"type":"string"}}}""", "/ai/schema/type faults.one_of")]
    [InlineData("""{"ai":{"schema":{"type":"object"}}}""", "/ai/schema/properties faults.required")]
    [InlineData("""{"ai":{"schema":{"type":"object","properties":{"a":{"type":["string","number"]}}}}}""", "/ai/schema/properties/a/type faults.ai.schema_type")]
    [InlineData("""{"ai":{"schema":{"type":"object","properties":{"a":{"type":"string","pattern":"(a)\\1"}}}}}""", "/ai/schema/properties/a/pattern faults.ai.schema_pattern")]
    [InlineData("""{"ai":{"schema":{"type":"object","properties":{"a":{"$ref":"#"}}}}}""", "/ai/schema/properties/a/$ref faults.ai.schema_keyword")]
    public void Validate_names_the_fault_and_its_place(string config, string fault)
        => Assert.Contains(fault, new AiPlanReader(Options).Validate(JsonElement.Parse(config), "").Select(f => $"{f.Path} {f.MessageKey}"));

    [Fact]
    public void Installation_without_a_model_refuses_and_accepts_that_none_is_asked_for()
    {
        var reader = new AiPlanReader(new AiOptions());
        Assert.Equal("faults.ai.not_available", Assert.Single(reader.Validate(JsonElement.Parse("""{"enable_ai_enhancement":true}"""), "")).MessageKey);
        Assert.Empty(reader.Validate(JsonElement.Parse("""{"enable_ai_enhancement":false,"ai_model":null}"""), ""));
    }

    [Fact]
    public void Read_gives_the_tasks_in_one_order_and_what_is_not_said_its_default()
    {
        var reader = new AiPlanReader(Options);
        Assert.Equal(["summary", "entities", "sentiment"], reader.Read(JsonElement.Parse("""{"enable_ai_enhancement":true}""")).Tasks);
        var plan = reader.Read(JsonElement.Parse("""{"ai_model":"n","ai":{"tasks":["sentiment","summary"],"min_confidence":0.7}}"""));
        Assert.Equal(["summary", "sentiment"], plan.Tasks);
        Assert.Equal(("n", 0.7), (plan.Model, plan.MinConfidence));
        Assert.Equal([], reader.Read(JsonElement.Parse("""{"ai":{"schema":{"type":"object","properties":{"a":{"type":"string"}}}}}""")).Tasks);
    }

    [Theory]
    [InlineData("AI_ENHANCEMENT_BASE_URL", "http://model.example/v1")]
    [InlineData("AI_ENHANCEMENT_BASE_URL", "https://user:pass@model.example/v1")]
    [InlineData("AI_ENHANCEMENT_TIMEOUT_SECONDS", "0")]
    [InlineData("AI_ENHANCEMENT_THROTTLE_SECONDS", "0")]
    [InlineData("AI_ENHANCEMENT_MAX_CONCURRENCY", "many")]
    [InlineData("AI_ENHANCEMENT_ENABLED", "perhaps")]
    [InlineData("AI_ENHANCEMENT_TENANT_BUDGET", "5")]
    [InlineData("AI_ENHANCEMENT_TENANT_DAY_BUDGET", "5")]
    [InlineData("AI_ENHANCEMENT_TENANT_DAY_TOKENS", "-1")]
    [InlineData("AI_ENHANCEMENT_API_KEY", "two words")]
    public void Settings_that_are_wrong_are_named(string setting, string value)
    {
        var options = new AiOptions();
        options.Read(new ConfigurationBuilder().AddInMemoryCollection([KeyValuePair.Create(setting, (string?)value)]).Build());
        Assert.StartsWith(setting, Assert.Single(options.Faults), StringComparison.Ordinal);
    }

    [Fact]
    public void Settings_are_read_and_plain_http_stays_on_this_machine_or_where_it_is_excepted()
    {
        foreach (var url in (string[])["http://127.0.0.1:11434/v1", "http://llm:8000/v1", "https://model.example/v1"])
        {
            var options = new AiOptions();
            options.Read(new ConfigurationBuilder().AddInMemoryCollection([KeyValuePair.Create("AI_ENHANCEMENT_BASE_URL", (string?)url), KeyValuePair.Create("DATASYNC_TLS_EXCEPTIONS", (string?)"db, llm")]).Build());
            Assert.Empty(options.Faults);
            Assert.Equal(new Uri(url), options.BaseUrl);
        }
    }

    [Theory]
    [InlineData("""{"n":5,"s":null}""", null)]
    [InlineData("""{"n":5.0,"s":"abc","l":[1,2]}""", null)]
    [InlineData("""{"s":"abc"}""", "fields.value.n is missing")]
    [InlineData("""{"n":0}""", "fields.value.n must be 1 at least")]
    [InlineData("""{"n":5.5}""", "fields.value.n must be of type integer")]
    [InlineData("""{"n":5,"s":"abcd"}""", "fields.value.s must have a length of 3 at most")]
    [InlineData("""{"n":5,"s":"a1"}""", "fields.value.s must match the pattern ^[a-z]*$")]
    [InlineData("""{"n":5,"s":"a\n"}""", "fields.value.s must match the pattern ^[a-z]*$")]
    [InlineData("""{"n":5,"e":"😀"}""", null)]
    [InlineData("""{"n":5,"e":"e\u0301"}""", "fields.value.e must have a length of 1 at most")]
    [InlineData("""{"n":5,"i":9007199254740993}""", "fields.value.i must be 9007199254740992 at most")]
    [InlineData("""{"n":9e0,"i":123456789012345678901234567890.5}""", "fields.value.i must be of type integer")]
    [InlineData("""{"n":5,"l":[1,"2"]}""", "fields.value.l[1] must be of type number")]
    [InlineData("""{"n":5,"x":1}""", "fields.value must not have a member x")]
    public void Tenants_schema_is_checked_with_its_bounds(string value, string? fault)
    {
        var schema = JsonElement.Parse("""
            {"type":"object","properties":{"n":{"type":"integer","minimum":1,"maximum":9},"s":{"type":"string","maxLength":3,"pattern":"^[a-z]*$"},"e":{"type":"string","maxLength":1},"i":{"type":"integer","maximum":9007199254740992},"l":{"type":"array","items":{"type":"number"}}},"required":["n"]}
            """);
        Assert.Equal(fault, new ValueCheck().Fault(JsonElement.Parse(value), schema, "fields.value"));
    }

    [Theory]
    [InlineData("""{"entities":{"value":[{"text":"Bob Ross","type":"person"}],"confidence":1}}""", null)]
    [InlineData("""{"entities":{"value":[{"text":"bob ross","type":"person"}],"confidence":1}}""", "stand in the data")]
    [InlineData("""{"entities":{"value":[{"text":"","type":"person"}],"confidence":1}}""", "stand in the data")]
    [InlineData("""{"entities":{"value":[{"text":"Bob","type":"painter"}],"confidence":1}}""", "type must be one of")]
    [InlineData("""{"entities":{"value":[{"text":"Bob","type":"person","x":1}],"confidence":1}}""", "nothing else")]
    [InlineData("""{"entities":{"value":[],"confidence":-1}}""", "confidence")]
    [InlineData("""{"entities":{"value":[],"confidence":1,"confidence":1}}""", "once")]
    [InlineData("""{"entities":{"value":[],"confidence":1},"more":1}""", "must not have a member")]
    [InlineData("""[]""", "not a JSON object")]
    [InlineData("""```json {}```""", "not one complete JSON object")]
    public void Answer_is_checked_beyond_its_schema(string answer, string? fault)
    {
        var record = ShieldedRecord.Of("""{"by":"Bob Ross","n":1}"""u8, null);
        var found = new AnswerCheck(new AiPlan { Model = "m", Tasks = [AiTasks.Entities] }).Fault(answer, record, out _);
        if (fault is null) Assert.Null(found);
        else Assert.Contains(fault, found!, StringComparison.Ordinal);
    }

    [Fact]
    public void Prompt_says_nothing_of_a_record_and_its_version_follows_words_and_schema()
    {
        var plan = new AiPlan { Model = "m", Tasks = [AiTasks.Summary], Instructions = "Say \"hi\" to {mark}" };
        var prompt = new AiPrompt(plan);
        Assert.Equal(prompt.Version, new AiPrompt(plan with { Model = "n" }).Version);
        Assert.NotEqual(prompt.Version, new AiPrompt(plan with { Tasks = [AiTasks.Entities] }).Version);
        Assert.NotEqual(prompt.Version, new AiPrompt(plan with { Instructions = "other" }).Version);
        Assert.Equal(1000, Enumerable.Range(0, 1000).Select(_ => AiPrompt.NewMark()).Distinct(StringComparer.Ordinal).Count());
        Assert.Equal("BEGIN x\n{}\nEND x", AiPrompt.User("{}", "x"));
    }

    [Fact]
    public void Key_of_an_answer_differs_wherever_a_part_does_and_parts_do_not_run_together()
    {
        string[][] parts = [["t", "m", "1", "s", "r"], ["u", "m", "1", "s", "r"], ["t", "n", "1", "s", "r"], ["t", "m", "2", "s", "r"], ["t", "m", "1", "z", "r"], ["t", "m", "1", "s", "q"], ["tm", "", "1", "s", "r"], ["t", "m", "1s", "", "r"]];
        Assert.Equal(parts.Length, parts.Select(p => Convert.ToHexString(AnswerKey.Of(p[0], p[1], p[2], p[3], p[4]))).Distinct(StringComparer.Ordinal).Count());
    }
}
