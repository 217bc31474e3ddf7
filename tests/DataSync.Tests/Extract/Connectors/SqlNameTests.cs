using DataSync.Extract.Connectors;

namespace DataSync.Tests.Extract.Connectors;

public class SqlNameTests
{
    [Theory]
    [InlineData("orders", null, "orders"), InlineData("public.orders", "public", "orders"), InlineData("\"a.b\".\"c\"\"d\"", "a.b", "c\"d"), InlineData("Sales.\"x\"", "Sales", "x"), InlineData("a; DROP TABLE b", null, "a; DROP TABLE b")]
    public void Parse_splits_a_name(string text, string? schema, string table) => Assert.Equal((schema, table), SqlName.Parse(text));

    [Theory]
    [InlineData(""), InlineData("."), InlineData("a."), InlineData(".a"), InlineData("a.b.c"), InlineData("\"a"), InlineData("\"a\"b"), InlineData("\"\""), InlineData("a\0b")]
    public void Parse_what_is_no_name_is_null(string text) => Assert.Null(SqlName.Parse(text));

    [Fact]
    public void Quote_doubles_quotes() => Assert.Equal("\"a\"\"; DROP\"", SqlName.Quote("a\"; DROP"));
}
