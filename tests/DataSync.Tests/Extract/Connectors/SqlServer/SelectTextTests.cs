using DataSync.Extract.Connectors.SqlServer.Text;
using DataSync.Pipeline.Failures;

namespace DataSync.Tests.Extract.Connectors.SqlServer;

public class SelectTextTests
{
    private static readonly string[] Refusals = ["errors.extraction.statement_refused", "errors.extraction.syntax"];

    [Theory, MemberData(nameof(SqlServerAttacks.All), MemberType = typeof(SqlServerAttacks))]
    public void Read_an_attack_is_refused(string sql)
        => Assert.Contains(Assert.Throws<SyncFailureException>(() => SelectText.Read(sql)).Failure.MessageKey, Refusals);

    [Theory]
    [InlineData("SELECT 1 AS a"), InlineData("SELECT id FROM numbers"), InlineData("SELECT * FROM numbers"), InlineData("SELECT n.id, name AS x FROM numbers n UNION ALL SELECT 1, 'x'")]
    public void Sql_of_a_query_whose_columns_have_different_names_stands_within_another(string sql) => Assert.Equal($"SELECT * FROM (\n{sql}\n) AS w", SelectText.Read(sql).Sql);

    [Theory]
    [InlineData("SELECT 1"), InlineData("SELECT 1 AS a, 2 AS A"), InlineData("SELECT a, t.a FROM t"), InlineData("SELECT * FROM a JOIN b ON a.id = b.id"), InlineData("SELECT *, 1 AS a FROM t"), InlineData("SELECT id FROM numbers ORDER BY id"), InlineData("SELECT id FROM numbers FOR XML AUTO")]
    [InlineData("SELECT TOP (5) id FROM numbers ORDER BY id DESC"), InlineData("SELECT id FROM numbers ORDER BY id OFFSET 5 ROWS"), InlineData("SELECT * FROM CHANGETABLE(CHANGES numbers, 5) AS c ORDER BY 1"), InlineData("SELECT id FROM numbers WITH (NOLOCK, INDEX(1)) ORDER BY id")]
    [InlineData("SELECT '; DELETE FROM t -- /*' ORDER BY 1"), InlineData("SELECT [a;b]]c] FROM [x; y] ORDER BY 1"), InlineData("SELECT \"a\" FROM t ORDER BY 1"), InlineData("SELECT @@VERSION"), InlineData("SELECT 1 OPTION (MAXDOP 1)"), InlineData("SELECT dbo.f(1)")]
    public void Sql_of_any_other_query_stands_as_it_is(string sql) => Assert.Equal(sql, SelectText.Read(sql).Sql);

    [Theory]
    [InlineData("SELECT 1;", "SELECT 1"), InlineData("  SELECT 1 ; \n;", "SELECT 1"), InlineData("SELECT 1 -- done", "SELECT 1"), InlineData("/* a */ SELECT/* b */1/* /* c */ */", "SELECT 1"), InlineData("SELECT 1 --x\n+ 1", "SELECT 1  \n+ 1")]
    public void Sql_holds_neither_comments_nor_what_stands_around(string sql, string expected) => Assert.Equal(expected, SelectText.Read(sql).Sql);

    [Theory]
    [InlineData("SELECT id FROM t ORDER BY id", "SELECT * FROM (\nSELECT id FROM t \n) AS w ORDER BY w.x"), InlineData("SELECT TOP (5) id FROM t ORDER BY id", "SELECT * FROM (\nSELECT TOP (5) id FROM t ORDER BY id\n) AS w ORDER BY w.x")]
    [InlineData("SELECT id FROM t ORDER BY id OFFSET 1 ROWS", "SELECT * FROM (\nSELECT id FROM t ORDER BY id OFFSET 1 ROWS\n) AS w ORDER BY w.x")]
    [InlineData("WITH q AS (SELECT 1 AS a) SELECT a FROM q OPTION (RECOMPILE)", "WITH q AS (SELECT 1 AS a)\nSELECT * FROM (\nSELECT a FROM q\n) AS w ORDER BY w.x\nOPTION (RECOMPILE)")]
    public void Within_keeps_what_can_stand_there(string sql, string expected) => Assert.Equal(expected, SelectText.Read(sql).Within(" ORDER BY w.x"));

    [Fact]
    public void Variables_are_named_without_their_sign_and_those_in_texts_are_none()
        => Assert.Equal(["a", "b_1"], SelectText.Read("SELECT @a AS x, '@c' AS y FROM t WHERE z = @b_1 AND @A > @@ROWCOUNT -- @d").Variables.Order(StringComparer.Ordinal));

    /// <summary>A stack that ends ends the process.</summary>
    [Fact]
    public void Read_what_is_nested_without_end_is_refused_and_what_is_long_is_not()
    {
        foreach (var sql in (string[])
        [
            $"SELECT {new string('(', 100_000)}1{new string(')', 100_000)} AS a", $"SELECT {string.Concat(Enumerable.Repeat("- ", 40_000))}1 AS a", $"SELECT {string.Concat(Enumerable.Repeat("CASE WHEN 1=1 THEN ", 10_000))}1",
            $"SELECT 1 AS a WHERE {string.Concat(Enumerable.Repeat("NOT ", 20_000))}1 = 1", new string('(', 50_000),
        ])
        {
            Assert.Contains(Assert.Throws<SyncFailureException>(() => SelectText.Read(sql)).Failure.MessageKey, Refusals);
        }

        Assert.NotNull(SelectText.Read($"SELECT 1{string.Concat(Enumerable.Repeat(" + 1", 10_000))} AS a"));
        Assert.NotNull(SelectText.Read($"SELECT 1 AS a WHERE 1 = 1{string.Concat(Enumerable.Repeat(" OR 1 = 1", 5_000))}"));
        Assert.NotNull(SelectText.Read($"SELECT 1 AS a{string.Concat(Enumerable.Repeat(" UNION ALL SELECT 1", 5_000))}"));
    }
}
