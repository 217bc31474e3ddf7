using DataSync.Extract.Connectors.MySql;

namespace DataSync.Tests.Extract.Connectors.MySql;

public class NamedParametersTests
{
    private static readonly HashSet<string> Known = ["id", "b", "_x1"];
    private static readonly SqlLexing Usual = SqlLexing.Of("STRICT_TRANS_TABLES");

    [Theory]
    [InlineData("SELECT @id", "SELECT ?", "id"), InlineData("SELECT @b, @id, @b", "SELECT ?, ?, ?", "b,id,b"), InlineData("id=@id", "id=?", "id"), InlineData("1-@id", "1-?", "id"), InlineData("(@_x1)+0", "(?)+0", "_x1"), InlineData("1 --@id", "1 --?", "id")]
    public void Bind_a_parameter_becomes_a_question_mark(string sql, string expected, string names)
    {
        var (bound, found) = NamedParameters.Bind(sql, Known, Usual);
        Assert.Equal((expected, names), (bound, string.Join(',', found)));
    }

    [Theory]
    [InlineData("'@id'"), InlineData("'it''s @id'"), InlineData("'\\'@id'"), InlineData("\"\\\"@id\""), InlineData("`@id`"), InlineData("`a``@id`"), InlineData("`\\`@idx"), InlineData("-- @id"), InlineData("# @id"), InlineData("/* @id */"), InlineData("/*! @id */")]
    [InlineData("@@id"), InlineData("@@session.id"), InlineData("@ id"), InlineData("@idx"), InlineData("@id$"), InlineData("@unknown"), InlineData("@'id'"), InlineData("'open @id"), InlineData("/* open @id"), InlineData("`open @id")]
    public void Bind_what_is_no_parameter_stays(string sql)
    {
        var (bound, names) = NamedParameters.Bind(sql, Known, Usual);
        Assert.Equal(sql, bound);
        Assert.Empty(names);
    }

    [Theory]
    [InlineData("NO_BACKSLASH_ESCAPES", "'\\' @id", "'\\' ?"), InlineData("ANSI_QUOTES", "\"\\\" @id", "\"\\\" ?"), InlineData("ANSI_QUOTES,STRICT_TRANS_TABLES", "'\\' @id", "'\\' @id")]
    public void Bind_reads_quotes_as_the_session_does(string mode, string sql, string expected) => Assert.Equal(expected, NamedParameters.Bind(sql, Known, SqlLexing.Of(mode)).Sql);

    [Theory]
    [InlineData("SELECT 1;", "SELECT 1"), InlineData("SELECT 1; -- end", "SELECT 1"), InlineData("SELECT @id;; /* a; */ ;\n# x", "SELECT ?")]
    public void Bind_a_semicolon_that_only_comments_follow_is_left_out(string sql, string expected) => Assert.Equal(expected, NamedParameters.Bind(sql, Known, Usual).Sql);

    [Theory]
    [InlineData("SELECT 1; DELETE FROM t"), InlineData("SELECT 1; -- x\nDELETE FROM t"), InlineData("SELECT ';'"), InlineData("SELECT 1; /* a */ 2;x"), InlineData("; SELECT 1"), InlineData("SELECT 1 -- a;"), InlineData("SELECT 1; /*! DELETE FROM t */"), InlineData("SELECT 1; /*M!100000 DELETE FROM t */")]
    public void Bind_a_semicolon_that_anything_else_follows_stays_for_the_server_to_refuse(string sql) => Assert.Equal(sql, NamedParameters.Bind(sql, Known, Usual).Sql);
}
