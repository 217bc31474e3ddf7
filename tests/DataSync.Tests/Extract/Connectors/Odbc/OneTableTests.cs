using DataSync.Extract.Connectors.Odbc.Text;

namespace DataSync.Tests.Extract.Connectors.Odbc;

public class OneTableTests
{
    private static readonly SqlGrammar Grammar = new() { BackslashEscapes = true, HashComments = true, MySqlComments = true, Backticks = true };

    [Theory]
    [InlineData("SELECT * FROM t", null, "t"), InlineData("select a, b AS c FROM shop.t", "shop", "t"), InlineData("SELECT a FROM `sh``op`.`my t` x WHERE a > ? AND b IN (SELECT b FROM u ORDER BY 1 LIMIT 1)", "sh`op", "my t")]
    [InlineData("SELECT DISTINCT a FROM t AS x", null, "t"), InlineData("SELECT 'FROM x, y' AS s, MAX(a) FROM t\nWHERE b = 'GROUP'", null, "t"), InlineData("SELECT EXTRACT(YEAR FROM d) y FROM t", null, "t")]
    public void Of_a_statement_over_one_table_is_that_table(string sql, string? schema, string table) => Assert.Equal((schema, table), OneTable.Of(sql, Grammar));

    [Theory]
    [InlineData("SELECT 1"), InlineData("SELECT * FROM t, u"), InlineData("SELECT * FROM t JOIN u USING (a)"), InlineData("SELECT * FROM t x JOIN u"), InlineData("SELECT * FROM (SELECT 1) t"), InlineData("SELECT a FROM t GROUP BY a"), InlineData("SELECT * FROM t ORDER BY a")]
    [InlineData("SELECT * FROM t LIMIT 5"), InlineData("SELECT * FROM t WHERE a = 1 UNION ALL SELECT * FROM t"), InlineData("SELECT * FROM t UNION SELECT 1"), InlineData("WITH t AS (SELECT 1) SELECT * FROM t"), InlineData("(SELECT * FROM t)"), InlineData("SELECT ROW_NUMBER() OVER () FROM t")]
    [InlineData("SELECT @n := @n + 1 FROM t"), InlineData("SELECT * FROM t PARTITION (p)"), InlineData("SELECT * FROM t FOR SYSTEM_TIME ALL"), InlineData("SELECT * FROM a.b.c"), InlineData("SELECT * FROM 't'"), InlineData("TABLE t"), InlineData("SELECT * FROM t x, u")]
    public void Of_any_other_statement_is_none(string sql) => Assert.Null(OneTable.Of(sql, Grammar));
}
