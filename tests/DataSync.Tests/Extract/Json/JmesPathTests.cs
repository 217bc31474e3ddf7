using System.Text;
using System.Text.Json;
using DataSync.Extract.Json;
using DataSync.Extract.Json.Jmes;
using DataSync.Pipeline;
using DataSync.Pipeline.Failures;

namespace DataSync.Tests.Extract.Json;

public sealed class JmesPathTests
{
    private const string Document = """{"a":{"b":[{"c":1,"d":null},{"c":[2,[3]]},7],"e f":{"g\"h":"x"},"":0},"n":null,"_1":[[1,[2]],[],3],"ids":[{"id":9007199254740993,"p":1.10},{"id":9007199254740992,"p":"x"}]}""";

    [Theory]
    [InlineData("a.b[*].c", "1|[2,[3]]")]
    [InlineData("a.b[].c[]", "1|2|[3]")]
    [InlineData("_1[*][*]", "[1,[2]]|[]")]
    [InlineData("_1[*][0][]", "1")]
    [InlineData("a.b[*].d", "")]
    [InlineData("a.\"e f\"", "{\"g\\\"h\":\"x\"}")]
    [InlineData("a.*", """[{"c":1,"d":null},{"c":[2,[3]]},7]|{"g\"h":"x"}|0""")]
    [InlineData("_1[]", "1|[2]|3")]
    [InlineData("_1[][]", "1|2|3")]
    [InlineData("n", "")]
    [InlineData("n[?x]", "")]
    [InlineData("a.b.c", "none")]
    [InlineData("missing", "none")]
    [InlineData("missing[?x]", "none")]
    [InlineData("a.\"\"", "none")]
    [InlineData("ids[?id > `9007199254740992`]", """{"id":9007199254740993,"p":1.10}""")]
    [InlineData("ids[?id == `9007199254740992.0`].{id: id, price: p}", """{"id":9007199254740992,"price":"x"}""")]
    [InlineData("ids[].[id, p] | [0]", "9007199254740993|1.10")]
    [InlineData("sort_by(ids, &id)[*].id", "9007199254740992|9007199254740993")]
    [InlineData("max_by(ids, &id).{top: id}", """{"top":9007199254740993}""")]
    [InlineData("[sum(ids[].id), avg(ids[].id), abs(`-12345678901234567890.10`), ceil(`1e20`), floor(`-0.5`)]", "18014398509481985|9007199254740992.5|12345678901234567890.10|100000000000000000000|-1")]
    [InlineData("merge(ids[0], {p: 'q\"'})", """{"id":9007199254740993,"p":"q\""}""")]
    public void Records_finds_what_JMESPath_finds_byte_for_byte(string path, string expected)
    {
        var found = JmesPath.Parse(path).Records(JsonElement.Parse(Document), out _);
        Assert.Equal(expected, found is null ? "none" : string.Join('|', found.Select(Text)));
    }

    [Theory]
    [InlineData("@"), InlineData("[*]"), InlineData("[]"), InlineData("[?@]"), InlineData("[:]")]
    public void Records_begin_at_the_document(string path) => Assert.Equal("1", string.Concat(JmesPath.Parse(path).Records(JsonElement.Parse("[1]"), out _)!.Select(Text)));

    [Theory]
    [InlineData("links[?rel=='next'].href", "\"/2\"")]
    [InlineData("links[?rel=='prev'].href", "")]
    [InlineData("page < pages", "true")]
    [InlineData("links[*].href", "\"/1\"")]
    [InlineData("join('', ['/', to_string(page)])", "\"/1\"")]
    public void Find_takes_the_first_of_a_list(string path, string expected)
    {
        var found = JmesPath.Parse(path).Find(JsonElement.Parse("""{"page":1,"pages":2,"links":[{"rel":"self","href":"/1"},{"rel":"next","href":"/2"}]}"""));
        Assert.Equal(expected, found.ValueKind == JsonValueKind.Undefined ? "" : found.GetRawText());
    }

    [Theory]
    [InlineData("", "faults.jmespath.text")]
    [InlineData("a..b", "faults.jmespath.syntax 3")]
    [InlineData("a.", "faults.jmespath.syntax 3")]
    [InlineData("a b", "faults.jmespath.syntax 3")]
    [InlineData("a-b", "faults.jmespath.syntax 2")]
    [InlineData("items[?state = 'x']", "faults.jmespath.syntax 14")]
    [InlineData("items[?name == 'x]", "faults.jmespath.syntax 16")]
    [InlineData("items[?a", "faults.jmespath.syntax 9")]
    [InlineData("items[1:2:0]", "faults.jmespath.step 12")]
    [InlineData("a | lenght(@)", "faults.jmespath.function 5")]
    [InlineData("length()", "faults.jmespath.arity 1")]
    [InlineData("length(a, b)", "faults.jmespath.arity 1")]
    [InlineData("sort_by(a, b)", "faults.jmespath.reference 12")]
    [InlineData("length(&a)", "faults.jmespath.reference 8")]
    [InlineData("\"\\q\"", "faults.jmespath.syntax 1")]
    public void Validate_says_what_is_wrong_and_where(string path, string expected)
    {
        var fault = Assert.Single(JmesPath.Validate(JsonSerializer.SerializeToElement(path), "/extraction_params/records_path"));
        Assert.Equal("/extraction_params/records_path", fault.Path);
        Assert.Equal(expected, fault.Params?.TryGetValue("position", out var position) == true ? $"{fault.MessageKey} {position}" : fault.MessageKey);
    }

    [Theory]
    [InlineData("\"\\ud800\""), InlineData("7"), InlineData("null")]
    public void Validate_refuses_what_is_no_text(string json) => Assert.Equal("faults.jmespath.text", Assert.Single(JmesPath.Validate(JsonElement.Parse(json), "/x")).MessageKey);

    [Fact]
    public void Validate_refuses_what_is_too_long()
    {
        Assert.Empty(JmesPath.Validate(JsonSerializer.SerializeToElement(new string('!', 999) + "a"), "/x"));
        Assert.Equal("faults.jmespath.text", Assert.Single(JmesPath.Validate(JsonSerializer.SerializeToElement(new string('!', 1000) + "a"), "/x")).MessageKey);
    }

    [Theory]
    [InlineData("sum(ids[].p)", "errors.extraction.expression", "sum")]
    [InlineData("sort(a)", "errors.extraction.expression", "sort")]
    public void A_function_that_is_given_what_it_cannot_take_is_named(string path, string key, string function)
    {
        var failure = Assert.Throws<SyncFailureException>(() => JmesPath.Parse(path).Records(JsonElement.Parse(Document), out _)).Failure;
        Assert.Equal((key, function), (failure.MessageKey, failure.Params!["function"]));
    }

    /// <summary>What doubles at each step grows past any memory; what compares all with all, past any time.</summary>
    [Fact]
    public void An_expression_that_costs_too_much_ends()
    {
        var doubling = "[@,@]" + string.Concat(Enumerable.Repeat("|[@,@][]", 60));
        Assert.Equal("errors.extraction.expression_costs", Failure(doubling, "[1]").MessageKey);
        Assert.Equal("errors.extraction.expression_costs", Failure("a == b", $"{{\"a\":{Nested(100_000)},\"b\":{Nested(100_000)}}}").MessageKey);
        Assert.Equal("errors.extraction.expression_costs", Failure("sum(@)", "[1e999999999,1]").MessageKey);
        Assert.Equal("errors.extraction.expression_text", Failure("[?starts_with(@, 'a')]", "[\"\\ud800\"]").MessageKey);
    }

    /// <summary>What shares its parts in memory is as large as it says once it is written.</summary>
    [Fact]
    public void A_record_larger_than_may_be_is_not_written_whole()
    {
        var found = JmesPath.Parse("{a:" + string.Concat(Enumerable.Repeat("[@,@]|", 60)) + "@}").Records(JsonElement.Parse("[1]"), out _)!;
        using var buffer = new RecordBuffer();
        Assert.False(new JmesWriter(buffer, 1_000_000).TryWrite(found.Single()));
    }

    private static SyncFailure Failure(string path, string document)
    {
        using var parsed = JsonDocument.Parse(document, new JsonDocumentOptions { MaxDepth = int.MaxValue });
        return Assert.Throws<SyncFailureException>(() => JmesPath.Parse(path).Records(parsed.RootElement, out _)).Failure;
    }

    private static string Nested(int depth) => new string('[', depth) + new string(']', depth);

    private static string Text(JmesValue value)
    {
        using var buffer = new RecordBuffer();
        Assert.True(new JmesWriter(buffer, 1_000_000).TryWrite(value));
        buffer.EndRecord();
        return Encoding.UTF8.GetString(buffer[0]);
    }
}
