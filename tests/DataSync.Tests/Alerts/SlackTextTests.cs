using DataSync.Alerts.Channels.Slack;

namespace DataSync.Tests.Alerts;

/// <summary>What an id or a host of somebody's choosing becomes in a channel of Slack's kind: itself, and neither a link nor a call.</summary>
public sealed class SlackTextTests
{
    [Theory]
    [InlineData("<!channel> <@U012AB3CD> <#C024BE7LR>", "&lt;!channel&gt; &lt;@|U012AB3CD&gt; &lt;#C024BE7LR&gt;")]
    [InlineData("<https://evil.example|our page>", "&lt;https:|//evil.|example|our page&gt;")]
    [InlineData("&lt;!here&gt; a&b", "&amp;lt;!here&amp;gt; a&amp;b")]
    [InlineData("@here @channel @all a@b.example", "@|here @|channel @|all a@|b.|example")]
    [InlineData("http://evil.example/x?a=1 www.evil.example evil.EXAMPLE", "http:|//evil.|example/x?a=1 www.|evil.|example evil.|EXAMPLE")]
    [InlineData("slack://user?id=1", "slack:|//user?id=1")]
    [InlineData("[our page](https://10.0.0.1/) [a]: x [b][a]", "[our page]|(https:|//10.0.0.1/) [a]|: x [b]|[a]")]
    [InlineData("例え.例え.jp", "例え.|例え.|jp")]
    public void Of_what_would_be_a_link_or_a_call_is_neither(string text, string expected) => Assert.Equal(expected, SlackText.Of(text).Replace('\u200b', '|'));

    [Theory]
    [InlineData("12.5 % of the jobs of the last 300 s failed; 10 % is the limit.")]
    [InlineData("过去 300 秒内有 12.5% 的任务失败。来源 orders-db：3.5 小时未同步。")]
    [InlineData("Source orders-db: no sync for 26.5 hours (24 h). Job 019f0000-0000-7000-8000-000000000001")]
    public void Of_a_plain_sentence_is_that_sentence(string text) => Assert.Equal(text, SlackText.Of(text));
}
