using DataSync.Extract.Connectors.Postgres;

namespace DataSync.Tests.Extract.Connectors.Postgres;

public class NamedParametersTests
{
    private static readonly HashSet<string> Known = ["id", "b", "_x1"];

    [Theory]
    [InlineData("SELECT @id", "SELECT $1")]
    [InlineData("SELECT @b, @id, @b", "SELECT $1, $2, $1")]
    [InlineData("id=@id", "id=$1"), InlineData("id>@id", "id>$1"), InlineData("id>=@id", "id>=$1"), InlineData("(@id)", "($1)"), InlineData("id||@id", "id||$1"), InlineData("1-@id", "1-$1")]
    [InlineData("@_x1::int", "$1::int")]
    public void Bind_a_parameter_becomes_a_number(string sql, string expected) => Assert.Equal(expected, NamedParameters.Bind(sql, Known).Sql);

    [Theory]
    [InlineData("'@id'"), InlineData("'it''s @id'"), InlineData("E'\\'@id'"), InlineData("\"@id\""), InlineData("\"a\"\"@id\""), InlineData("-- @id"), InlineData("/* @id */"), InlineData("/* /* */ @id */")]
    [InlineData("$$ @id $$"), InlineData("$tag$ $$ @id $tag$"), InlineData("a <@b"), InlineData("a @>b"), InlineData("a @@b"), InlineData("a @-@b"), InlineData("a ~@b"), InlineData("@ id"), InlineData("@idx"), InlineData("@unknown")]
    [InlineData("'open @id"), InlineData("/* open @id"), InlineData("$$ open @id"), InlineData("a$$ @idx"), InlineData("U&'@id'"), InlineData("B'@id'")]
    public void Bind_what_is_no_parameter_stays(string sql)
    {
        var (bound, names) = NamedParameters.Bind(sql, Known);
        Assert.Equal(sql, bound);
        Assert.Empty(names);
    }

    [Theory]
    [InlineData("SELECT 1;", "SELECT 1"), InlineData("SELECT 1; -- end", "SELECT 1"), InlineData("SELECT @id;; /* a; */ ;\n", "SELECT $1")]
    public void Bind_a_semicolon_that_only_comments_follow_is_left_out(string sql, string expected) => Assert.Equal(expected, NamedParameters.Bind(sql, Known).Sql);

    [Theory]
    [InlineData("SELECT 1; DELETE FROM t"), InlineData("SELECT 1; -- x\nDELETE FROM t"), InlineData("SELECT ';'"), InlineData("SELECT 1; /* a */ 2;x"), InlineData("; SELECT 1"), InlineData("SELECT 1 -- a;")]
    public void Bind_a_semicolon_that_anything_else_follows_stays_for_the_server_to_refuse(string sql) => Assert.Equal(sql, NamedParameters.Bind(sql, Known).Sql);

    [Fact]
    public void Bind_behind_every_kind_of_quote_a_parameter_is_found_again()
    {
        var (sql, names) = NamedParameters.Bind("'a' \"b\" E'c\\'' $$d$$ $t$e$t$ /* f */ -- g\n@id é@b a$1 @_x1", Known);
        Assert.Equal("'a' \"b\" E'c\\'' $$d$$ $t$e$t$ /* f */ -- g\n$1 é$2 a$1 $3", sql);
        Assert.Equal(["id", "b", "_x1"], names);
    }
}
