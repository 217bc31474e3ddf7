using DataSync.Refine.Ai.Work;

namespace DataSync.Tests.Refine.Ai;

public class TokenEstimateTests
{
    [Theory]
    [InlineData("", 0)]
    [InlineData("a", 1)]
    [InlineData("three little words", 6)]
    [InlineData("Привет", 6)]
    [InlineData("数据同步", 7)]
    [InlineData("မြန်မာ", 18)]
    [InlineData("😀", 4)]
    public void Of_a_text_follows_its_script(string text, long tokens) => Assert.Equal(tokens, TokenEstimate.Of(text));
}
