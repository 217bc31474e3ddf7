using DataSync.Extract.Push.Schemes.Hmac;

namespace DataSync.Tests.Extract.Push;

public class SigningTemplateTests
{
    [Theory]
    [InlineData("{body}", "", "")]
    [InlineData("v0:{timestamp}:{body}", "v0:T:", "")]
    [InlineData("{id}.{timestamp}.{body}|{timestamp}", "I.T.", "|T")]
    [InlineData("{timestamp}\n{body}\n", "T\n", "\n")]
    [InlineData("POSThttps://hooks.example/api/webhooks/t/s?a=1{body}{timestamp}", "POSThttps://hooks.example/api/webhooks/t/s?a=1", "T")]
    public void Template_is_filled_around_the_body(string text, string before, string after)
    {
        Assert.True(SigningTemplate.TryParse(text, out var template));
        Assert.Equal((before, after), (template.Before("T", "I"), template.After("T", "I")));
    }

    [Theory]
    [InlineData("")]
    [InlineData("{timestamp}")]
    [InlineData("{body}{body}")]
    [InlineData("{time}.{body}")]
    [InlineData("{ti{id}mestamp}.{body}")]
    [InlineData("{body")]
    [InlineData("é{body}")]
    public void Template_that_would_sign_something_else_is_refused(string text) => Assert.False(SigningTemplate.TryParse(text, out _));

    /// <summary>What one sender signed as an id and a time must not be another's id and time.</summary>
    [Theory]
    [InlineData("{id}.{timestamp}.{body}", "evt_1", true)]
    [InlineData("{id}.{timestamp}.{body}", "1.2", false)]
    [InlineData("{id}:{body}|{timestamp}", "1:2", false)]
    [InlineData("{id}:{body}|{timestamp}", "1.2|3", true)]
    [InlineData("{timestamp}.{id}.{body}", "1.2", true)]
    [InlineData("{id}.{body}", "evt.1", true)]
    [InlineData("{id}{body}", "evt_1", true)]
    public void Id_that_could_end_elsewhere_is_none(string text, string id, bool expected)
    {
        Assert.True(SigningTemplate.TryParse(text, out var template));
        Assert.Equal(expected, template.Delimits(id));
    }

    [Fact]
    public void Values_that_look_like_names_are_taken_as_they_are()
    {
        Assert.True(SigningTemplate.TryParse("{timestamp}-{id}-{body}", out var template));
        Assert.Equal("{id}-{timestamp}-", template.Before("{id}", "{timestamp}"));
    }
}
