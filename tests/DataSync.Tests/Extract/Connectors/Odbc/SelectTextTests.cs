using DataSync.Extract.Connectors.Odbc.Text;
using DataSync.Pipeline.Failures;

namespace DataSync.Tests.Extract.Connectors.Odbc;

public class SelectTextTests
{
    private static readonly HashSet<string> Known = ["id", "b"];
    private static readonly SqlGrammar Postgres = new() { EscapeStrings = true, DollarQuotes = true, NestedComments = true };
    private static readonly SqlGrammar MariaDb = new() { BackslashEscapes = true, HashComments = true, MySqlComments = true, Backticks = true };
    private static readonly SqlGrammar Sqlite = new() { Backticks = true, Brackets = true, OwnParameters = true, DeniedNames = new HashSet<string>(StringComparer.Ordinal) { "blob_export" } };

    [Theory]
    [InlineData("SELECT @id", "SELECT ?"), InlineData("SELECT @b, @id, @b", "SELECT ?, ?, ?"), InlineData("SELECT id=@id", "SELECT id=?"), InlineData("SELECT a||@b", "SELECT a||?"), InlineData("SELECT @id::int", "SELECT ?::int")]
    [InlineData("SELECT '@id', \"@id\", $$ @id $$, E'\\'@id'", "SELECT '@id', \"@id\", $$ @id $$, E'\\'@id'"), InlineData("SELECT a @> b, a <@b, @unknown", "SELECT a @> b, a <@b, @unknown")]
    [InlineData("SELECT 1 -- @id ; '", "SELECT 1 \n"), InlineData("SELECT/* /* ; */ ' */1", "SELECT 1"), InlineData("SELECT 1;; /* a; */ ;\n", "SELECT 1   \n"), InlineData("(SELECT 1)", "(SELECT 1)"), InlineData("VALUES (1)", "VALUES (1)")]
    [InlineData("SELECT 'a;b', \"x;y\"", "SELECT 'a;b', \"x;y\""), InlineData("SELECT '{?}'", "SELECT '{?}'"), InlineData("SELECT a$b FROM t", "SELECT a$b FROM t")]
    public void Read_a_query_keeps_its_meaning(string sql, string expected) => Assert.Equal(expected, SelectText.Read(sql, Known, Postgres).Sql);

    [Fact]
    public void Read_each_place_of_a_parameter_is_named() => Assert.Equal(["b", "id", "b"], SelectText.Read("SELECT @b, @id, @b", Known, Postgres).Names);

    [Theory]
    [InlineData(""), InlineData("-- only"), InlineData("SELECT (1"), InlineData("SELECT 1)"), InlineData("SELECT 1) FROM (SELECT 2"), InlineData("SELECT 'open"), InlineData("SELECT 1 /*"), InlineData("SELECT 1 /* /* */"), InlineData("SELECT $$ open"), InlineData("SELECT \"open")]
    public void Read_what_is_open_or_empty_is_no_statement(string sql) => Assert.Equal("errors.extraction.syntax", Refusal(sql, Postgres));

    [Theory]
    [InlineData("DELETE FROM t"), InlineData("SELECT 1; SELECT 2"), InlineData("; DELETE FROM t"), InlineData("SELECT 1 INTO t"), InlineData("SELECT 1into t"), InlineData("SELECT {fn x()}"), InlineData("{call x}"), InlineData("SELECT \\; x"), InlineData("'a' SELECT"), InlineData("1 SELECT")]
    [InlineData("SELECT $$a;b$$"), InlineData("SELECT E'a;b'"), InlineData("SELECT '\\'';DROP TABLE t;--'"), InlineData("SELECT 1 \u0001"), InlineData("EXPLAIN SELECT 1"), InlineData("SET x = 1")]
    public void Read_what_is_more_than_one_query_or_none_is_refused(string sql) => Assert.Equal("errors.extraction.statement_refused", Refusal(sql, Postgres));

    [Theory]
    [InlineData("SELECT 1 /*! ; */"), InlineData("SELECT 1 /*M! x */"), InlineData("SELECT 1 --1; x"), InlineData("SELECT `a`; x"), InlineData("SELECT '\\'; x'; y"), InlineData("SELECT 1 # a\n; x")]
    public void Read_mariadbs_own_ways_are_known(string sql) => Assert.Equal("errors.extraction.statement_refused", Refusal(sql, MariaDb));

    [Theory]
    [InlineData("SELECT 1 # a ; b", "SELECT 1 \n"), InlineData("SELECT 1 --1", "SELECT 1 --1"), InlineData("SELECT `a;b`", "SELECT `a;b`"), InlineData("SELECT @x, @@version", "SELECT @x, @@version")]
    public void Read_mariadbs_own_text_is_kept(string sql, string expected) => Assert.Equal(expected, SelectText.Read(sql, Known, MariaDb).Sql);

    [Theory]
    [InlineData("SELECT blob_export(1, 2)"), InlineData("SELECT \"BLOB_export\"(1, 2)"), InlineData("SELECT [blob_export](1, 2)"), InlineData("SELECT `Blob_Export`(1, 2)"), InlineData("SELECT Blob_Export /**/ (1, 2)")]
    public void Read_a_function_that_reaches_files_is_refused_however_it_is_written(string sql) => Assert.Equal("errors.extraction.statement_refused", Refusal(sql, Sqlite));

    [Theory]
    [InlineData("SELECT ?"), InlineData("SELECT @missing"), InlineData("SELECT :x"), InlineData("SELECT $x")]
    public void Read_a_parameter_without_value_is_an_error(string sql) => Assert.Equal("errors.extraction.parameter_missing", Refusal(sql, Sqlite));

    private static string Refusal(string sql, SqlGrammar grammar) => Assert.Throws<SyncFailureException>(() => SelectText.Read(sql, Known, grammar)).Failure.MessageKey;
}
