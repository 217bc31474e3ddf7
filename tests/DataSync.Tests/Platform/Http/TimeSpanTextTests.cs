using DataSync.Platform.Http.Requests;

namespace DataSync.Tests.Platform.Http;

public sealed class TimeSpanTextTests
{
    [Theory]
    [InlineData("1s", 1)]
    [InlineData("5m", 300)]
    [InlineData("24h", 86_400)]
    [InlineData("30d", 2_592_000)]
    [InlineData("4w", 2_419_200)]
    public void TryRead_knows_its_units(string text, int seconds)
    {
        Assert.True(TimeSpanText.TryRead(text, out var span));
        Assert.Equal(TimeSpan.FromSeconds(seconds), span);
    }

    [Theory]
    [InlineData("")]
    [InlineData("d")]
    [InlineData("5")]
    [InlineData("0s")]
    [InlineData("-1s")]
    [InlineData("+1s")]
    [InlineData("1.5h")]
    [InlineData("1 d")]
    [InlineData("1y")]
    [InlineData("1D")]
    [InlineData("999999999w")]
    public void TryRead_refuses_everything_else(string text) => Assert.False(TimeSpanText.TryRead(text, out _));

    [Theory]
    [InlineData(90, "90s")]
    [InlineData(120, "2m")]
    [InlineData(86_400, "1d")]
    [InlineData(1_209_600, "2w")]
    public void Write_takes_the_largest_unit_that_fits(int seconds, string text) => Assert.Equal(text, TimeSpanText.Write(TimeSpan.FromSeconds(seconds)));
}
