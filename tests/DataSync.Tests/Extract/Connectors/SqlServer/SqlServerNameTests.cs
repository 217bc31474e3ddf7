using DataSync.Extract.Connectors.SqlServer;

namespace DataSync.Tests.Extract.Connectors.SqlServer;

public class SqlServerNameTests
{
    [Theory]
    [InlineData("orders", null, "orders"), InlineData("shop.Orders", "shop", "Orders"), InlineData("[a.b].[c]]d]", "a.b", "c]d"), InlineData("[x]", null, "x"), InlineData("\"a.b\".c", "a.b", "c"), InlineData("[a\"b]", null, "a\"b"), InlineData("shop.[a b]", "shop", "a b")]
    public void Parse_reads_the_parts(string text, string? schema, string table) => Assert.Equal((schema, table), SqlServerName.Parse(text));

    [Theory]
    [InlineData(""), InlineData("a."), InlineData(".a"), InlineData("a.b.c"), InlineData("[a"), InlineData("[a]b"), InlineData("[]"), InlineData("a\0"), InlineData("[a].[b].[c].[d]")]
    public void Parse_gives_nothing_for_what_is_no_name(string text) => Assert.Null(SqlServerName.Parse(text));

    [Fact]
    public void Quote_doubles_brackets() => Assert.Equal("[a]]; DROP TABLE x]", SqlServerName.Quote("a]; DROP TABLE x"));
}
