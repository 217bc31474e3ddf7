using System.Text.Json;
using DataSync.Extract.Json;

namespace DataSync.Tests.Extract.Json;

public sealed class JmesPathTests
{
    private const string Document = """{"a":{"b":[{"c":1,"d":null},{"c":[2,[3]]},7],"e f":{"g\"h":"x"},"":0},"n":null,"_1":[[1,[2]],[],3]}""";

    [Theory]
    [InlineData("a.b[0].c", "1")]
    [InlineData("a.b[-1]", "7")]
    [InlineData("a.b[3]", "")]
    [InlineData("a.b[-4]", "")]
    [InlineData("a.b[*].c", "1|[2,[3]]")]
    [InlineData("a.b[].c", "1|[2,[3]]")]
    [InlineData("a.b[].c[]", "1|2|[3]")]
    [InlineData("a.b[*].d", "")]
    [InlineData("a.\"e f\".\"g\\\"h\"", "\"x\"")]
    [InlineData("a.\"\"", "0")]
    [InlineData("a.*", """[{"c":1,"d":null},{"c":[2,[3]]},7]|{"g\"h":"x"}|0""")]
    [InlineData("_1[]", "1|[2]|3")]
    [InlineData("_1[][]", "1|2|3")]
    [InlineData("n", "null")]
    [InlineData("n.x", "")]
    [InlineData("a.b.c", "")]
    [InlineData("missing", "")]
    [InlineData("@.n", "null")]
    public void Select_finds_what_JMESPath_finds(string path, string expected)
        => Assert.Equal(expected, string.Join('|', JmesPath.Parse(path).Select(JsonElement.Parse(Document)).Select(e => e.GetRawText())));

    [Theory]
    [InlineData("@"), InlineData("[*]"), InlineData("[0]"), InlineData("[]")]
    public void Select_begins_at_the_document(string path) => Assert.Equal("1", JmesPath.Parse(path).Select(JsonElement.Parse("[1]")).First().GetRawText().Trim('[', ']'));

    [Theory]
    [InlineData(""), InlineData("."), InlineData("a."), InlineData(".a"), InlineData("a..b"), InlineData("a[?x]"), InlineData("a[0"), InlineData("a[x]"), InlineData("a[+1]"), InlineData("a b"), InlineData("1a")]
    [InlineData("a|b"), InlineData("\"a"), InlineData("a[1:2]"), InlineData("length(a)"), InlineData("a-b"), InlineData("a[99999999999]"), InlineData("@a"), InlineData("\"\\q\"")]
    public void TryParse_refuses_what_it_does_not_know(string path) => Assert.False(JmesPath.TryParse(path, out _));
}
