using System.Text;
using DataSync.Extract.Push;
using DataSync.Pipeline.Failures;

namespace DataSync.Tests.Extract.Push;

public sealed class JsonElementsTests
{
    [Theory]
    [InlineData("[]")]
    [InlineData(" [ ] ")]
    [InlineData("[{}]", "{}")]
    [InlineData(""" [ {"a": 1.10} , [1,2] , "x" , 9223372036854775808 , null, true ] """, """{"a": 1.10}""", "[1,2]", "\"x\"", "9223372036854775808", "null", "true")]
    [InlineData("""{"a":[1,{"b":"\ud800"}]}""", """{"a":[1,{"b":"\ud800"}]}""")]
    [InlineData(" 12 ", "12")]
    public void Elements_come_byte_for_byte(string payload, params string[] expected) => Assert.Equal(expected, All(Encoding.UTF8.GetBytes(payload)));

    [Theory]
    [InlineData("")]
    [InlineData("[1,]")]
    [InlineData("[1] 2")]
    [InlineData("{} {}")]
    [InlineData("[1")]
    [InlineData("{\"a\":")]
    public void Payload_that_is_not_JSON_to_its_end_is_refused(string payload)
        => Assert.Equal("errors.push.not_json", Assert.Throws<SyncFailureException>(() => All(Encoding.UTF8.GetBytes(payload))).Failure.MessageKey);

    [Fact]
    public void Payload_that_is_not_UTF8_is_refused()
        => Assert.Equal("errors.push.not_json", Assert.Throws<SyncFailureException>(() => All([(byte)'"', 0xFF, (byte)'"'])).Failure.MessageKey);

    [Fact]
    public void Nesting_has_no_limit_of_its_own()
    {
        var deep = new string('[', 5000) + new string(']', 5000);
        Assert.Equal([deep], All(Encoding.UTF8.GetBytes($"[{deep}]")));
    }

    private static List<string> All(byte[] payload)
    {
        var elements = new JsonElements(payload);
        List<string> all = [];
        while (elements.TryNext(out var element)) all.Add(Encoding.UTF8.GetString(element.Span));
        return all;
    }
}
