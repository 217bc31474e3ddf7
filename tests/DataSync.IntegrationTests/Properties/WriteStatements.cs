using FsCheck;
using FsCheck.Fluent;

namespace DataSync.IntegrationTests.Properties;

/// <summary>A statement that tries to write.</summary>
public sealed record WriteStatement(string Sql)
{
    public override string ToString() => Sql;
}

/// <summary>Write statements, and the disguises they come in.</summary>
public static class WriteStatements
{
    private static readonly string[] Common =
    [
        "INSERT INTO items VALUES ({n}, '{v}')", "INSERT INTO items (id) SELECT id + {n} FROM items", "UPDATE items SET name = '{v}'", "UPDATE items SET name = '{v}' WHERE id = {n}",
        "DELETE FROM items", "DELETE FROM items WHERE id < {n}", "DROP TABLE items", "DROP TABLE IF EXISTS items", "CREATE TABLE made{n} (a int)", "CREATE TABLE made{n} AS SELECT * FROM items",
        "ALTER TABLE items ADD COLUMN c{n} int", "ALTER TABLE items RENAME TO gone{n}", "CREATE INDEX i{n} ON items (name)", "CREATE VIEW v{n} AS SELECT 1", "DROP VIEW kept",
        "INSERT INTO items VALUES ({n}, '{v}') RETURNING id", "DELETE FROM items RETURNING *", "INSERT INTO items VALUES ({n}, '{v}') ON CONFLICT (id) DO UPDATE SET name = '{v}'", "REINDEX items",
    ];

    private static readonly string[] Postgres =
    [
        "TRUNCATE items", "TRUNCATE items CASCADE", "SELECT * INTO made{n} FROM items", "CREATE SEQUENCE s{n}", "CREATE FUNCTION f{n}() RETURNS int LANGUAGE sql AS 'SELECT 1'", "GRANT ALL ON items TO PUBLIC",
        "COPY items FROM STDIN", "COPY items TO PROGRAM 'touch /tmp/made{n}'", "DO $$ BEGIN DELETE FROM items; END $$", "LOCK TABLE items", "CREATE SCHEMA s{n}",
        "COMMENT ON TABLE items IS '{v}'", "VACUUM items", "CREATE TEMP TABLE t{n} (a int)", "MERGE INTO items USING (SELECT {n} AS i) s ON id = i WHEN MATCHED THEN DELETE", "CALL nothing({n})",
        "WITH x AS (DELETE FROM items RETURNING id) SELECT * FROM x", "WITH x AS (INSERT INTO items VALUES ({n}, '{v}') RETURNING id) SELECT * FROM x", "PREPARE p AS DELETE FROM items", "NOTIFY c, '{v}'",
        "DECLARE c CURSOR WITH HOLD FOR SELECT 1", "EXPLAIN ANALYZE DELETE FROM items", "SET transaction_read_only = off", "ALTER ROLE CURRENT_USER SUPERUSER", "REFRESH MATERIALIZED VIEW kept",
    ];

    private static readonly string[] Sqlite =
    [
        "REPLACE INTO items VALUES ({n}, '{v}')", "ATTACH DATABASE '{folder}/made{n}.db' AS other", "VACUUM", "VACUUM INTO '{folder}/made{n}.db'", "PRAGMA query_only = 0", "PRAGMA user_version = {n}",
        "PRAGMA journal_mode = WAL", "PRAGMA writable_schema = 1", "CREATE TEMP TABLE t{n} (a)", "CREATE TRIGGER tr{n} AFTER INSERT ON items BEGIN DELETE FROM items; END", "BEGIN IMMEDIATE", "DETACH main",
        "SAVEPOINT s{n}", "CREATE VIRTUAL TABLE f{n} USING fts5(a)", "INSERT OR REPLACE INTO items VALUES ({n}, '{v}')", "UPDATE OR IGNORE items SET id = {n}", "ANALYZE", "DELETE FROM sqlite_master",
        "WITH x AS (SELECT {n} AS i) DELETE FROM items WHERE id IN (SELECT i FROM x)", "UPDATE sqlite_schema SET sql = '{v}'",
    ];

    private static readonly string[] MySql =
    [
        "REPLACE INTO items VALUES ({n}, '{v}')", "TRUNCATE items", "RENAME TABLE items TO gone{n}", "LOAD DATA LOCAL INFILE '/etc/passwd' INTO TABLE items", "LOAD DATA INFILE '/etc/passwd' INTO TABLE items",
        "SELECT * FROM items INTO OUTFILE '/tmp/made{n}'", "SELECT {n} INTO DUMPFILE '/tmp/made{n}'", "SELECT {n} INTO @v", "HANDLER items OPEN", "CALL wipe_all()", "DO wipe()", "SET @@session.tx_read_only = 0", "SET GLOBAL max_connections = {n}",
        "SET PASSWORD = ''", "PREPARE p FROM 'DELETE FROM items'", "EXECUTE IMMEDIATE 'DELETE FROM items'", "EXECUTE datasync", "DEALLOCATE PREPARE datasync", "CREATE TEMPORARY TABLE t{n} (a int)", "LOCK TABLES items WRITE", "FLUSH TABLES",
        "GRANT ALL ON *.* TO PUBLIC", "CREATE USER u{n}", "CREATE DATABASE d{n}", "CREATE PROCEDURE p{n}() DELETE FROM items", "CREATE TRIGGER tr{n} AFTER INSERT ON items FOR EACH ROW SET @a = 1", "CREATE SEQUENCE s{n}",
        "INSERT INTO items VALUES ({n}, '{v}') ON DUPLICATE KEY UPDATE name = '{v}'", "/*! DELETE FROM items */", "/*!50000 DELETE FROM items */", "/*M!100000 DELETE FROM items */", "KILL {n}", "INSTALL SONAME 'x'", "OPTIMIZE TABLE items",
        "ANALYZE TABLE items", "BEGIN NOT ATOMIC DELETE FROM items; END", "START TRANSACTION READ WRITE", "SET TRANSACTION READ WRITE", "XA START 'x{n}'", "WITH x AS (SELECT {n} AS i) DELETE FROM items", "UPDATE items, (SELECT {n} AS i) x SET name = '{v}'",
    ];

    private static readonly string[] Disguises =
    [
        "{0}", "{0};", "/* SELECT */ {0}", "-- SELECT\n{0}", "SELECT 1; {0}", "SELECT 1; {0}; SELECT 2", "COMMIT; {0}", "ROLLBACK; {0}; BEGIN", "; {0}", "SELECT 1) AS q; {0}; --", "SELECT 1) q; COMMIT; {0}; SELECT * FROM (SELECT 1",
        "SELECT * FROM ({0}) x", "WITH a AS ({0}) SELECT 1", "SELECT ({0})", "EXPLAIN {0}", "({0})", "SELECT 1 WHERE EXISTS ({0})", "SELECT 1 UNION {0}", "BEGIN; {0}; COMMIT", "SELECT 1 /* */; /* */ {0} -- ",
    ];

    public static Arbitrary<WriteStatement> OfPostgres => Of([.. Common, .. Postgres]);

    public static Arbitrary<WriteStatement> OfSqlite => Of([.. Common, .. Sqlite]);

    public static Arbitrary<WriteStatement> OfMySql => Of([.. Common, .. MySql], [.. Disguises, "/*! {0} */", "SELECT 1 /*! ; {0} */", "SELECT 1 # ;\n; {0}", "SELECT 1 --1; {0}", "SELECT 1) OR ({0}", "SELECT 1) INTO OUTFILE '/tmp/made' -- "]);

    private static Arbitrary<WriteStatement> Of(string[] writes) => Of(writes, Disguises);

    private static Arbitrary<WriteStatement> Of(string[] writes, string[] disguises)
    {
        var sql = from write in Gen.Elements(writes)
                  from disguise in Gen.Elements(disguises)
                  from number in Gen.Choose(1, 100_000)
                  from value in Gen.Elements("x", "é漢😀", "a''b", "\\", "--", "/*", "$$", "; DROP TABLE items", "")
                  from shout in ArbMap.Default.GeneratorFor<bool>()
                  from gap in Gen.Elements(" ", "\n", "\t ", "/**/ ")
                  let text = write.Replace("{n}", $"{number}", StringComparison.Ordinal).Replace("{v}", value, StringComparison.Ordinal)
                  let spaced = text.Replace(" ", gap, StringComparison.Ordinal)
                  select new WriteStatement(disguise.Replace("{0}", shout ? text : spaced, StringComparison.Ordinal));
        return sql.ToArbitrary();
    }
}

public static class PostgresWrites
{
    public static Arbitrary<WriteStatement> Statement() => WriteStatements.OfPostgres;
}

public static class MySqlWrites
{
    public static Arbitrary<WriteStatement> Statement() => WriteStatements.OfMySql;
}

public static class SqliteWrites
{
    public static Arbitrary<WriteStatement> Statement() => WriteStatements.OfSqlite;
}
