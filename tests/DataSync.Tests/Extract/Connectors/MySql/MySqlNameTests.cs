using DataSync.Extract.Connectors.MySql;

namespace DataSync.Tests.Extract.Connectors.MySql;

public class MySqlNameTests
{
    [Theory]
    [InlineData("orders", null, "orders"), InlineData("shop.Orders", "shop", "Orders"), InlineData("`a.b`.`c``d`", "a.b", "c`d"), InlineData("`x`", null, "x")]
    public void Parse_reads_the_parts(string text, string? schema, string table) => Assert.Equal((schema, table), MySqlName.Parse(text));

    [Theory]
    [InlineData(""), InlineData("a."), InlineData(".a"), InlineData("a.b.c"), InlineData("`a"), InlineData("`a`b"), InlineData("``"), InlineData("a\0")]
    public void Parse_gives_nothing_for_what_is_no_name(string text) => Assert.Null(MySqlName.Parse(text));

    [Fact]
    public void Quote_doubles_backticks() => Assert.Equal("`a``; DROP TABLE x`", MySqlName.Quote("a`; DROP TABLE x"));
}
