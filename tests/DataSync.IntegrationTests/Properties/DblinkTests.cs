using DataSync.IntegrationTests.Extract;
using DataSync.IntegrationTests.Extract.Odbc;
using DataSync.Pipeline.Connectors;
using DataSync.Pipeline.Failures;
using DataSync.Pipeline.Incremental;
using Npgsql;

namespace DataSync.IntegrationTests.Properties;

/// <summary>
/// dblink with credentials that the query itself holds: it logs in to another database, and what it does there is committed there, whatever becomes of the transaction it is called in. PostgreSQL gives
/// its functions to everybody.
/// </summary>
[Trait("Property", "6")]
public sealed class DblinkTests : IAsyncLifetime
{
    /// <summary>As docs/security.md has it.</summary>
    private const string Revoke =
        """
        DO $$ DECLARE f regprocedure; BEGIN
            FOR f IN SELECT d.objid FROM pg_depend d JOIN pg_extension e ON d.refclassid = 'pg_extension'::regclass AND d.refobjid = e.oid
                     WHERE e.extname = 'dblink' AND d.classid = 'pg_proc'::regclass LOOP
                EXECUTE format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC', f);
            END LOOP;
        END $$
        """;

    private PostgresSource _source = null!, _other = null!;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public static TheoryData<string> Attacks =>
    [
        "SELECT dblink_exec('{0}', 'INSERT INTO hits VALUES (1)') AS a", "SELECT * FROM dblink('{0}', 'INSERT INTO hits VALUES (1) RETURNING a') AS t(a int)", "SELECT dblink_connect('c', '{0}') || dblink_exec('c', 'INSERT INTO hits VALUES (1)') AS a",
        "SELECT c.n || s.n || r.a AS a FROM (SELECT dblink_connect('c', '{0}') AS n OFFSET 0) c CROSS JOIN LATERAL (SELECT dblink_send_query('c', 'INSERT INTO hits VALUES (1) RETURNING a') AS n WHERE c.n IS NOT NULL OFFSET 0) s CROSS JOIN LATERAL (SELECT a FROM dblink_get_result('c') AS t(a int) WHERE s.n IS NOT NULL) r",
    ];

    public async ValueTask InitializeAsync()
    {
        _source = await PostgresSource.CreateAsync(CancellationToken.None);
        _other = await PostgresSource.CreateAsync(CancellationToken.None);
        await _source.ExecuteAsync("CREATE EXTENSION dblink", CancellationToken.None);
        await _other.ExecuteAsync($"CREATE TABLE hits (a int); GRANT SELECT, INSERT ON hits TO {_other.Login}", CancellationToken.None);
    }

    public async ValueTask DisposeAsync()
    {
        await _source.DisposeAsync();
        await _other.DisposeAsync();
    }

    [Theory, MemberData(nameof(Attacks))]
    public async Task Read_by_a_login_that_may_call_dblink_is_refused_and_writes_nowhere(string attack)
    {
        var request = new ReadRequest { Query = Aimed(attack), StatementTimeout = TimeSpan.FromSeconds(20) };
        foreach (var (connector, anyLogin, connection) in Ways())
        {
            var before = await HitsAsync();
            var failure = await ReadOutcome.FailureAsync(connector, connection, request, Ct);
            Assert.Equal("errors.source.writable", failure.MessageKey);
            Assert.Equal("function dblink, function dblink_connect, function dblink_exec, function dblink_open, function dblink_send_query", failure.Params!["findings"]);
            var look = await Assert.ThrowsAsync<SyncFailureException>(() => ((IReadsWindows)connector).PlanAsync(connection, request with { Window = new CursorWindow { Field = "a" } }, null, 0, Ct));
            Assert.Equal("errors.source.writable", look.Failure.MessageKey);
            Assert.Equal("writable", (await ((IVerifiesReadOnly)connector).VerifyAsync(connection, Ct)).Outcome);
            Assert.Equal(before, await HitsAsync());

            // nothing else stands in its way
            Assert.Single((await ReadOutcome.OfAsync(anyLogin, connection, request, Ct)).Documents);
            Assert.Equal(before + 1, await HitsAsync());
        }
    }

    [Theory, MemberData(nameof(Attacks))]
    public async Task Read_by_a_login_that_dblink_was_taken_from_is_verified_and_the_server_refuses_the_call(string attack)
    {
        await _source.ExecuteAsync(Revoke, Ct);
        foreach (var (connector, anyLogin, connection) in Ways())
        {
            var report = await ((IVerifiesReadOnly)connector).VerifyAsync(connection, Ct);
            Assert.Equal(("verified_read_only", ""), (report.Outcome, string.Join(", ", report.Grants)));
            Assert.Equal(["{\"a\":1}"], (await ReadOutcome.OfAsync(connector, connection, new ReadRequest { Query = "SELECT 1 AS a" }, Ct)).Documents);
            foreach (var asked in new[] { connector, anyLogin })
                Assert.Equal("errors.extraction.permission", (await ReadOutcome.FailureAsync(asked, connection, new ReadRequest { Query = Aimed(attack) }, Ct)).MessageKey);
        }

        Assert.Equal(0, await HitsAsync());
    }

    /// <summary>Functions of the extension that connect nowhere and run nothing are no reason to refuse.</summary>
    [Fact]
    public async Task Read_by_a_login_with_the_harmless_functions_of_dblink_is_verified()
    {
        await _source.ExecuteAsync($"{Revoke}; GRANT EXECUTE ON FUNCTION dblink_get_pkey(text), dblink_get_connections(), dblink_build_sql_delete(text, int2vector, int, text[]), dblink_get_result(text), dblink_fetch(text, int), dblink_disconnect() TO PUBLIC", Ct);
        foreach (var (connector, _, connection) in Ways()) Assert.Equal("", string.Join(", ", (await ((IVerifiesReadOnly)connector).VerifyAsync(connection, Ct)).Grants));
    }

    /// <summary>Without the extension too, or by another name.</summary>
    [Fact]
    public async Task Read_by_a_login_with_a_function_of_dblinks_library_under_any_name_is_refused()
    {
        await _source.ExecuteAsync("DROP EXTENSION dblink; CREATE FUNCTION elsewhere(text, text) RETURNS text LANGUAGE c AS '$libdir/dblink', 'dblink_exec'", Ct);
        foreach (var (connector, _, connection) in Ways())
        {
            var failure = await ReadOutcome.FailureAsync(connector, connection, new ReadRequest { Query = "SELECT 1 AS a" }, Ct);
            Assert.Equal(("errors.source.writable", "function elsewhere"), (failure.MessageKey, failure.Params!["findings"]));
        }
    }

    /// <summary>The native connector and that of ODBC, each by the rules and with logins that may write let through.</summary>
    private (IConnector Connector, IConnector AnyLogin, SourceConnection Connection)[] Ways() =>
    [
        (PostgresSource.Connector(), PostgresSource.Connector(allowWritable: true), _source.Connection),
        (OdbcSource.Connector(), OdbcSource.Connector(allowWritable: true), OdbcSource.Of(_source)),
    ];

    private string Aimed(string attack)
    {
        var server = new NpgsqlConnectionStringBuilder(_other.Admin.ConnectionString);
        return attack.Replace("{0}", $"host={server.Host} port={server.Port} dbname={server.Database} user={_other.Login} password={_other.Password}", StringComparison.Ordinal);
    }

    private Task<long> HitsAsync() => _other.ScalarAsync<long>("SELECT count(*) FROM hits", Ct);
}
