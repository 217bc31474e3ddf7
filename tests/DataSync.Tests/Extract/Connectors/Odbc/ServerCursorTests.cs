using DataSync.Extract.Connectors.Odbc.Rows;

namespace DataSync.Tests.Extract.Connectors.Odbc;

public class ServerCursorTests
{
    /// <summary>What lies behind the NUL was there before, whatever length the driver tells.</summary>
    [Theory]
    [InlineData("SQL_CUR0x55\0\0\0left", "SQL_CUR0x55"), InlineData("\0left", ""), InlineData("as long as its room", "as long as its room"), InlineData("", "")]
    public void Text_is_what_stands_before_the_nul(string room, string expected) => Assert.Equal(expected, ServerCursor.Text(room));
}
