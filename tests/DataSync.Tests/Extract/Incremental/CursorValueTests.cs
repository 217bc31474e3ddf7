using System.Text;
using DataSync.Extract.Incremental;

namespace DataSync.Tests.Extract.Incremental;

public class CursorValueTests
{
    private const int Most = 255;

    [Theory]
    [InlineData(253, "😀more", 255)]
    [InlineData(254, "😀more", 254)]
    [InlineData(255, "😀more", 255)]
    [InlineData(254, "é", 255)]
    public void ToString_is_cut_between_characters(int before, string then, int length)
    {
        var shown = CursorValue.Of(new string('a', before) + then).ToString();
        Assert.Equal(length, shown.Length);
        Assert.Equal(shown, Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(shown)));
    }

    [Fact]
    public void ToString_shows_a_sign_for_what_no_text_of_a_database_holds()
    {
        Assert.Equal("a␀b␀", CursorValue.Of("a\0b\0").ToString());
        Assert.Equal(new string('␀', Most), CursorValue.Of(new string('\0', 300)).ToString());
    }
}
