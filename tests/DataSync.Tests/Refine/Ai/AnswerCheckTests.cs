using System.Text;
using System.Text.Json;
using DataSync.Refine.Ai;
using DataSync.Refine.Ai.Privacy;
using DataSync.Refine.Ai.Schema;

namespace DataSync.Tests.Refine.Ai;

/// <summary>Answers that look right at a glance, and placeholders that came back otherwise than they went.</summary>
public sealed class AnswerCheckTests
{
    private const string Sent = """{"text":"Mail anna@example.com, or call +49 30 1234567. INV-1 of IP_2","order":4111111111111111}""";

    [Theory]
    [InlineData("""{"summary":"x","summary":{"value":"y","confidence":1}}""")]
    [InlineData("""{"summary":{"value":"x","value":"y","confidence":1}}""")]
    [InlineData("""{"summary":{"value":"x","confidence":1},"summ\u0061ry":{"value":"y","confidence":1}}""")]
    public void Member_given_twice_makes_an_answer_invalid(string answer) => Assert.Contains("each member once", Fault(answer, [AiTasks.Summary])!, StringComparison.Ordinal);

    [Fact]
    public void Member_given_twice_deep_within_makes_an_answer_invalid()
        => Assert.Contains("each member once", Fault("""{"fields":{"value":{"a":{"b":1,"b":2}},"confidence":1}}""", [], """{"type":"object","properties":{"a":{"type":"object","properties":{"b":{"type":"integer"}}}}}""")!, StringComparison.Ordinal);

    [Theory]
    [InlineData("""{"summary":{"value":"\ud83d","confidence":1}}""")]
    [InlineData("""{"summary":{"value":"x","confidence":1},"\ud83d":1}""")]
    [InlineData("""{"summary":{"value":"x","\ude00":1}}""")]
    public void Half_of_a_character_makes_an_answer_invalid(string answer) => Assert.NotNull(Fault(answer, [AiTasks.Summary]));

    [Theory]
    [InlineData("""{"entities":{"value":[{"text":"\ud83d","type":"person"}],"confidence":1}}""")]
    [InlineData("""{"entities":{"value":[{"text":"Mail","type":"\ud83d"}],"confidence":1}}""")]
    public void Half_of_a_character_in_an_entity_makes_an_answer_invalid(string answer) => Assert.NotNull(Fault(answer, [AiTasks.Entities]));

    [Theory]
    [InlineData("<EMAIL_1>", true)]
    [InlineData("Mail <EMAIL_1>", true)]
    [InlineData("anna@example.com", true)]
    [InlineData("INV-1", true)]
    [InlineData("IP_2", true)]
    [InlineData("EMAIL_1", false)]
    [InlineData("EMAIL", false)]
    [InlineData("MAIL_1>", false)]
    [InlineData("PHONE_1", false)]
    public void Entity_stands_in_the_record_and_not_only_in_what_stands_for_it(string text, bool isKept)
        => Assert.Equal(isKept, Fault(JsonSerializer.Serialize(new { entities = new { value = (object[])[new { text, type = "other" }], confidence = 1 } }), [AiTasks.Entities]) is null);

    [Theory]
    [InlineData("Anna has <EMAIL_1>.", null)]
    [InlineData("Anna has <<EMAIL_1>>.", null)]
    [InlineData("Anna has <email_1>.", "email_1")]
    [InlineData("Anna has [EMAIL_1].", "EMAIL_1")]
    [InlineData("Anna has EMAIL_1.", "EMAIL_1")]
    [InlineData("Anna has EMAIL-1.", "EMAIL-1")]
    [InlineData("Anna has `EMAIL\\_1`.", "EMAIL\\_1")]
    [InlineData("Anna has &lt;EMAIL_1&gt;.", "EMAIL_1")]
    [InlineData("Anna has <EMAIL 1>.", "EMAIL 1")]
    [InlineData("Anna has < EMAIL_1 >.", "EMAIL_1")]
    [InlineData("安娜的邮箱是EMAIL_1。", "EMAIL_1")]
    [InlineData("安娜的邮箱是【EMAIL_1】。", "EMAIL_1")]
    [InlineData("Anna wrote email 1 of 3.", null)]
    [InlineData("Invoice INV-1 of IP_2.", null)]
    [InlineData("Anna has EMAIL_2, EMAIL_12 and XEMAIL_1.", null)]
    public void Placeholder_that_came_back_mangled_makes_an_answer_invalid(string summary, string? named)
    {
        var fault = Fault(JsonSerializer.Serialize(new { summary = new { value = summary, confidence = 1 } }), [AiTasks.Summary]);
        if (named is null) Assert.Null(fault);
        else Assert.Contains(JsonSerializer.Serialize(named), fault!, StringComparison.Ordinal);
    }

    [Fact]
    public void Tenants_own_words_are_no_mangled_placeholders()
    {
        var schema = """{"type":"object","properties":{"kind":{"type":"string","enum":["EMAIL_1","other"]}}}""";
        Assert.Null(Fault("""{"fields":{"value":{"kind":"EMAIL_1"},"confidence":1}}""", [], schema));
        Assert.Null(new AnswerCheck(new AiPlan { Model = "m", Tasks = [AiTasks.Classification], Categories = ["email_1"] }).Fault("""{"classification":{"value":"email_1","confidence":1}}""", Record(Sent), out _));
    }

    [Fact]
    public void Number_that_was_taken_out_is_brought_back_before_its_type_and_bounds_are_checked()
    {
        var plan = Fields("""{"type":"object","properties":{"order":{"type":"integer","minimum":5},"all":{"type":"array","items":{"type":"number"}},"text":{"type":"string"}},"required":["order"]}""");
        Assert.Null(new AnswerCheck(plan).Fault("""{"fields":{"value":{"order":"<CARD_1>","all":["<CARD_1>",2],"text":"<CARD_1>"},"confidence":1}}""", Record(Sent), out var answer));
        Assert.Equal("""{"order":4111111111111111,"all":[4111111111111111,2],"text":"<CARD_1>"}""", answer.GetProperty("fields").GetProperty("value").GetRawText());
        Assert.Contains("order must be of type integer", Fault("""{"fields":{"value":{"order":"<EMAIL_1>"},"confidence":1}}""", plan)!, StringComparison.Ordinal);
        Assert.Contains("order must be of type integer", Fault("""{"fields":{"value":{"order":"no <CARD_1>"},"confidence":1}}""", plan)!, StringComparison.Ordinal);
        var narrow = Fields("""{"type":"object","properties":{"order":{"type":"integer","maximum":5}},"required":["order"]}""");
        Assert.Contains("order must be 5 at most", Fault("""{"fields":{"value":{"order":"<CARD_1>"},"confidence":1}}""", narrow)!, StringComparison.Ordinal);
    }

    [Fact]
    public void Schema_lets_a_number_that_was_taken_out_be_named_only_where_one_was()
    {
        var prompt = new AiPrompt(Fields("""{"type":"object","properties":{"order":{"type":"integer"},"sum":{"type":"number"},"kind":{"type":"integer","enum":[1,2]},"text":{"type":"string"}},"required":["order"]}"""));
        Assert.Equal(prompt.SchemaText, prompt.SchemaFor(Record("""{"order":12}""")).GetRawText());
        Assert.Equal(prompt.SchemaText, prompt.SchemaFor(Record("""{"mail":"anna@example.com"}""")).GetRawText());
        var fields = prompt.SchemaFor(Record(Sent)).GetProperty("properties").GetProperty("fields").GetProperty("properties").GetProperty("value").GetProperty("properties");
        Assert.Equal(["integer", "string"], fields.GetProperty("order").GetProperty("anyOf").EnumerateArray().Select(t => t.GetProperty("type").GetString()));
        Assert.Equal(["number", "string", "null"], fields.GetProperty("sum").GetProperty("anyOf").EnumerateArray().Select(t => t.GetProperty("type").GetString()));
        Assert.False(fields.GetProperty("kind").TryGetProperty("anyOf", out _));
        Assert.False(fields.GetProperty("text").TryGetProperty("anyOf", out _));
    }

    private static ShieldedRecord Record(string document) => ShieldedRecord.Of(Encoding.UTF8.GetBytes(document), null);

    private static AiPlan Fields(string schema) => new() { Model = "m", Tasks = [], Schema = JsonElement.Parse(schema) };

    private static string? Fault(string answer, string[] tasks, string? schema = null) => Fault(answer, new AiPlan { Model = "m", Tasks = tasks, Schema = schema is null ? default : JsonElement.Parse(schema) });

    private static string? Fault(string answer, AiPlan plan) => new AnswerCheck(plan).Fault(answer, Record(Sent), out _);
}
