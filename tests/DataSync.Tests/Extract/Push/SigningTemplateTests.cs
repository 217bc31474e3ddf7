using DataSync.Extract.Push.Schemes.Hmac;

namespace DataSync.Tests.Extract.Push;

public class SigningTemplateTests
{
    [Theory]
    [InlineData("{body}", "", "")]
    [InlineData("v0:{timestamp}:{body}", "v0:T:", "")]
    [InlineData("{id}.{timestamp}.{body}|{timestamp}", "I.T.", "|T")]
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

    [Fact]
    public void Values_that_look_like_names_are_taken_as_they_are()
    {
        Assert.True(SigningTemplate.TryParse("{timestamp}-{id}-{body}", out var template));
        Assert.Equal("{id}-{timestamp}-", template.Before("{id}", "{timestamp}"));
    }
}
