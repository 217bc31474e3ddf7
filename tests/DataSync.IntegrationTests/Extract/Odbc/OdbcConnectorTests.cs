using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using DataSync.IntegrationTests.MariaDb;
using DataSync.Pipeline.Connectors;
using DataSync.Pipeline.Failures;
using Npgsql;

namespace DataSync.IntegrationTests.Extract.Odbc;

/// <summary>What only ODBC has: what is registered, which drivers are allowed, servers that go away, rights on three kinds of server.</summary>
public sealed class OdbcConnectorTests(PostgresContractDatabase postgres, OdbcMariaDbDatabase maria) : IClassFixture<PostgresContractDatabase>, IClassFixture<OdbcMariaDbDatabase>
{
    private static readonly ReadRequest One = new() { Query = "SELECT 1 AS a" };

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("x;Driver=/tmp/evil.so"), InlineData("DSN=x"), InlineData("a{b}"), InlineData("a\0b"), InlineData(""), InlineData(" x"), InlineData("../x"), InlineData("a]\n[b"), InlineData("a=b"), InlineData("a\\b")]
    public void Validate_what_is_no_plain_name_is_no_data_source(string dsn)
        => Assert.Contains(OdbcSource.Connector().Validate(JsonSerializer.SerializeToElement(new { driver = "odbc", dsn })), f => f.Path == "/connection_params/dsn");

    [Fact]
    public void Validate_nothing_but_source_and_login_is_known()
    {
        var faults = OdbcSource.Connector().Validate(JsonSerializer.SerializeToElement(new { driver = "odbc", dsn = "a", connection_string = "x", username = "u" }));
        Assert.Equal(["/connection_params/connection_string", "/connection_params/password"], faults.Select(f => f.Path).Order());
    }

    [Fact]
    public async Task Read_only_registered_sources_of_allowed_drivers_are_reached()
    {
        var connection = OdbcSource.Of(postgres.Source);
        foreach (var (connector, source) in new[]
                 {
                     (OdbcSource.Connector(), OdbcSource.Connection("nowhere")), (OdbcSource.Connector(), OdbcSource.Connection("DEFAULT")), (OdbcSource.Connector(), OdbcSource.Connection("ODBC")),
                     (OdbcSource.Connector(drivers: ""), connection), (OdbcSource.Connector(drivers: OdbcRegistrations.MariaDb), connection),
                 })
        {
            var failure = await ReadOutcome.FailureAsync(connector, source, One, Ct);
            Assert.Equal(("errors.connection.odbc_source", FailureKind.Permanent), (failure.MessageKey, failure.Kind));
        }

        Assert.Single((await ReadOutcome.OfAsync(OdbcSource.Connector(drivers: $"x, {OdbcRegistrations.Postgres.ToUpperInvariant()}"), connection, One, Ct)).Documents);
        var checks = await OdbcSource.Connector(drivers: "").TestAsync(connection, Ct);
        Assert.Equal([("registered", false), ("egress", null), ("connect", null), ("version", null), ("tls", null), ("read_only", null), ("query", null)], checks.Select(c => (c.Name, c.Passed)));
    }

    [Fact]
    public async Task Read_failures_to_connect_each_have_their_key_and_no_words_of_the_driver()
    {
        var server = new NpgsqlConnectionStringBuilder(postgres.Source.Admin.ConnectionString);
        var (login, password) = (postgres.Source.Login, postgres.Source.Password);
        var broken = OdbcRegistrations.Add(OdbcRegistrations.Broken);
        (SourceConnection Connection, string Key, FailureKind Kind)[] cases =
        [
            (OdbcSource.Of(postgres.Source, login, "wrong;{=}'"), "errors.connection.authentication", FailureKind.Permanent),
            (OdbcSource.Of(postgres.Source, "no_such_login", password), "errors.connection.authentication", FailureKind.Permanent),
            (OdbcSource.Connection(OdbcRegistrations.Add(OdbcRegistrations.Postgres, ("Servername", server.Host!), ("Port", ClosedPort()), ("Database", "x")), login, password), "errors.connection.refused", FailureKind.Transient),
            (OdbcSource.Connection(OdbcRegistrations.Add(OdbcRegistrations.Postgres, ("Servername", server.Host!), ("Port", server.Port), ("Database", "no_such_database")), login, password), "errors.connection.odbc_setup", FailureKind.Permanent),
            (OdbcSource.Connection(broken, login, password), "errors.connection.odbc_setup", FailureKind.Permanent),
            (OdbcSource.Of(maria.Server, maria.Database, maria.Login, "wrong"), "errors.connection.authentication", FailureKind.Permanent),
            (OdbcSource.Connection(OdbcRegistrations.Add(OdbcRegistrations.MariaDb, ("TCPIP", 1), ("SERVER", "127.0.0.1"), ("PORT", ClosedPort())), login, password), "errors.connection.refused", FailureKind.Transient),
        ];
        foreach (var (connection, key, kind) in cases)
        {
            var failure = await ReadOutcome.FailureAsync(OdbcSource.Connector(unguarded: broken), connection, One, Ct);
            Assert.Equal((key, kind), (failure.MessageKey, failure.Kind));
            Assert.DoesNotContain(failure.Params!.Values, v => v!.ToString()!.Contains(password, StringComparison.Ordinal) || v.ToString()!.Contains("FATAL", StringComparison.Ordinal));
        }
    }

    [Theory]
    [InlineData("p;w{=}%41"), InlineData("};Database=template1;"), InlineData("'; DROP"), InlineData("é漢😀 \\"), InlineData("%7B")]
    public async Task Read_a_password_is_a_password_whatever_it_holds(string password)
    {
        var login = $"{postgres.Source.Login}_{Guid.CreateVersion7():n}"[..50];
        await postgres.Source.ExecuteAsync($"CREATE ROLE {login} LOGIN PASSWORD '{password.Replace("'", "''", StringComparison.Ordinal)}'", Ct);
        try
        {
            var connection = OdbcSource.Of(postgres.Source, login, password);
            var expected = new NpgsqlConnectionStringBuilder(postgres.Source.Admin.ConnectionString).Database;
            var outcome = await ReadOutcome.OfAsync(OdbcSource.Connector(), connection, new ReadRequest { Query = "SELECT current_user::text AS u, current_database()::text AS d" }, Ct);
            Assert.Equal($"{{\"u\":\"{login}\",\"d\":\"{expected}\"}}", Assert.Single(outcome.Documents));
        }
        finally
        {
            await postgres.Source.ExecuteAsync($"DROP ROLE {login}", Ct);
        }
    }

    /// <summary>The guard knows where a registered server is, and a tenant does not learn it.</summary>
    [Fact]
    public async Task Read_of_a_server_inside_needs_the_operators_word()
    {
        var server = new NpgsqlConnectionStringBuilder(postgres.Source.Admin.ConnectionString);
        foreach (var (connection, port) in new[] { (OdbcSource.Of(postgres.Source), server.Port), (maria.Connection, maria.Server.Port) })
        {
            var failure = await ReadOutcome.FailureAsync(OdbcSource.Connector(egress: "10.0.0.0/8"), connection, One, Ct);
            Assert.Equal(("errors.connection.egress_denied", FailureKind.Permanent), (failure.MessageKey, failure.Kind));
            Assert.Equal($"{connection.ConnectionParams.GetProperty("dsn")}, ODBC", string.Join(", ", failure.Params!.Values));
            Assert.Single((await ReadOutcome.OfAsync(OdbcSource.Connector(egress: $"127.0.0.1:{port}"), connection, One, Ct)).Documents);
        }
    }

    /// <summary>What the guard cannot read is not dialled, unless the operator answers for that data source.</summary>
    [Fact]
    public async Task Read_of_a_server_that_is_not_told_clearly_needs_the_operators_word()
    {
        var server = new NpgsqlConnectionStringBuilder(postgres.Source.Admin.ConnectionString);
        var dsn = OdbcRegistrations.Add(OdbcRegistrations.Postgres, ("Servername", "nowhere.invalid"), ("Port", server.Port), ("Database", server.Database!), ("pqopt", $"hostaddr={server.Host}"));
        var connection = OdbcSource.Connection(dsn, postgres.Source.Login, postgres.Source.Password);
        foreach (var unguarded in new[] { "", "other" })
        {
            var failure = await ReadOutcome.FailureAsync(OdbcSource.Connector(unguarded: unguarded), connection, One, Ct);
            Assert.Equal(("errors.connection.odbc_unguarded", FailureKind.Permanent, dsn), (failure.MessageKey, failure.Kind, failure.Params!["dsn"]));
        }

        Assert.Single((await ReadOutcome.OfAsync(OdbcSource.Connector(unguarded: $"other, {dsn.ToUpperInvariant()}", egress: ""), connection, One, Ct)).Documents);
    }

    /// <summary>A driver holds what it is sent in answer to one request; how much that may be is the operator's.</summary>
    [Fact]
    public async Task Read_of_an_answer_larger_than_allowed_fails_with_a_key_of_its_own()
    {
        foreach (var (connection, sql) in new[] { (OdbcSource.Of(postgres.Source), "SELECT repeat('x', 3000) AS x FROM generate_series(1, 1000)"), (maria.Connection, "SELECT REPEAT('x', 3000) AS x FROM seq_1_to_1000 ORDER BY seq") })
        {
            var failure = await ReadOutcome.FailureAsync(OdbcSource.Connector(answerMegabytes: 1), connection, new ReadRequest { Query = sql }, Ct);
            Assert.Equal(("errors.extraction.odbc_answer", FailureKind.Permanent, 1), (failure.MessageKey, failure.Kind, failure.Params!["limit"]));
            Assert.Equal(1000, (await ReadOutcome.OfAsync(OdbcSource.Connector(), connection, new ReadRequest { Query = sql }, Ct)).Documents.Count);
            Assert.Equal(10, (await ReadOutcome.OfAsync(OdbcSource.Connector(answerMegabytes: 1), connection, new ReadRequest { Query = sql, RowLimit = 10 }, Ct)).Documents.Count);
        }
    }

    [Fact]
    public async Task Read_a_session_ended_by_the_server_is_a_lost_connection()
    {
        var failure = await Assert.ThrowsAsync<SyncFailureException>(async () =>
        {
            var request = new ReadRequest { Query = "SELECT i, repeat('x', 1000) AS x FROM generate_series(1, 1000000) i" };
            await foreach (var batch in OdbcSource.Connector().ReadAsync(OdbcSource.Of(postgres.Source), request, Ct))
            {
                using (batch)
                    if (batch.FirstSeq == 0) await postgres.Source.ScalarAsync<bool>($"SELECT bool_and(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE usename = '{postgres.Source.Login}'", Ct);
            }
        });
        Assert.Equal(("errors.connection.lost", FailureKind.Transient), (failure.Failure.MessageKey, failure.Failure.Kind));
    }

    [Fact]
    public async Task Read_a_mariadb_that_goes_away_is_a_lost_connection()
    {
        await using var own = await MariaDbServer.StartAsync([], Ct);
        var database = await own.CreateDatabaseAsync("lost", Ct);
        await own.ExecuteAsync($"CREATE USER r@'%' IDENTIFIED BY 'pw'; GRANT SELECT ON `{database}`.* TO r@'%'", Ct);
        var reading = ReadOutcome.FailureAsync(OdbcSource.Connector(), OdbcSource.Of(own, database, "r", "pw"), new ReadRequest { Query = "SELECT SLEEP(60) AS s" }, Ct);
        await Task.Delay(1500, Ct);
        await own.DisposeAsync();
        Assert.Equal("errors.connection.lost", (await reading).MessageKey);
    }

    [Fact]
    public async Task Read_cancelled_while_fetching_ends_the_statement_on_the_server_too()
    {
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        var request = new ReadRequest { Query = "SELECT i, pg_sleep(CASE WHEN i = 3000 THEN 60 ELSE 0 END)::text FROM generate_series(1, 4000) i", BatchSize = 100 };
        var (clock, batches) = (new Stopwatch(), 0);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (var batch in OdbcSource.Connector().ReadAsync(OdbcSource.Of(postgres.Source), request, cancel.Token))
            {
                batch.Dispose();
                if (++batches != 3) continue;
                await Task.Delay(500, Ct);
                clock.Start();
                await cancel.CancelAsync();
            }
        });
        Assert.InRange(clock.Elapsed.TotalSeconds, 0, 2);
        for (var waited = Stopwatch.StartNew(); await postgres.Source.ScalarAsync<long>($"SELECT count(*) FROM pg_stat_activity WHERE usename = '{postgres.Source.Login}' AND state = 'active' AND query LIKE '%pg_sleep%3000%'", Ct) > 0;)
        {
            Assert.True(waited.Elapsed < TimeSpan.FromSeconds(3));
            await Task.Delay(50, Ct);
        }
    }

    [Fact]
    public async Task Read_with_a_login_that_could_write_is_refused_unless_the_operator_allows_it()
    {
        var login = $"w{Guid.CreateVersion7():n}"[..30];
        await maria.Server.ExecuteAsync($"CREATE USER '{login}'@'%' IDENTIFIED BY 'pw'; GRANT SELECT, INSERT (name), UPDATE ON `{maria.Database}`.numbers TO '{login}'@'%'; GRANT FILE ON *.* TO '{login}'@'%'", Ct);
        await postgres.Source.ExecuteAsync($"CREATE ROLE {login} LOGIN PASSWORD 'pw'; GRANT UPDATE (name) ON numbers TO {login}", Ct);
        try
        {
            foreach (var (connection, finding) in new[] { (OdbcSource.Of(maria.Server, maria.Database, login, "pw"), "FILE on *.*"), (OdbcSource.Of(postgres.Source, login, "pw"), "table public.numbers") })
            {
                var failure = await ReadOutcome.FailureAsync(OdbcSource.Connector(), connection, One, Ct);
                Assert.Equal(("errors.source.writable", FailureKind.Permanent), (failure.MessageKey, failure.Kind));
                Assert.Contains(finding, failure.Params!["findings"]!.ToString(), StringComparison.Ordinal);
                Assert.False((await OdbcSource.Connector().TestAsync(connection, Ct)).Single(c => c.Name == "read_only").Passed);
                var look = await Assert.ThrowsAsync<SyncFailureException>(() => OdbcSource.Connector().OfferAsync(connection, new ReadRequest { Table = "numbers" }, Ct));
                Assert.Equal("errors.source.writable", look.Failure.MessageKey);
                Assert.Single((await ReadOutcome.OfAsync(OdbcSource.Connector(allowWritable: true), connection, One, Ct)).Documents);
            }
        }
        finally
        {
            await postgres.Source.ExecuteAsync($"DROP OWNED BY {login}; DROP ROLE {login}", Ct);
            await maria.Server.ExecuteAsync($"DROP USER '{login}'@'%'", Ct);
        }
    }

    /// <summary>The grants are read as the native connector reads them: what is not known to only read is refused.</summary>
    [Theory]
    [InlineData("GRANT EXECUTE ON {1}.* TO {0}", "EXECUTE on {1}.*"), InlineData("GRANT CONNECTION ADMIN ON *.* TO {0}", "CONNECTION ADMIN on *.*"), InlineData("GRANT READ_ONLY ADMIN ON *.* TO {0}", "READ_ONLY ADMIN on *.*")]
    [InlineData("CREATE ROLE r{0}; GRANT DELETE ON {1}.* TO r{0}; GRANT r{0} TO {0}; SET DEFAULT ROLE r{0} FOR {0}", "DELETE on {1}.*"), InlineData("CREATE ROLE r{0}; GRANT r{0} TO {0} WITH ADMIN OPTION", "ADMIN OPTION on `r{0}`")]
    public async Task Read_of_mariadb_with_a_grant_that_is_not_known_to_only_read_is_refused(string grant, string finding)
    {
        var (names, login) = (System.Globalization.CultureInfo.InvariantCulture, $"g{Guid.CreateVersion7():n}"[..30]);
        await maria.Server.ExecuteAsync($"CREATE USER {login} IDENTIFIED BY 'pw'; GRANT SELECT ON {maria.Database}.* TO {login};" + string.Format(names, grant, login, maria.Database), Ct);
        try
        {
            var failure = await ReadOutcome.FailureAsync(OdbcSource.Connector(), OdbcSource.Of(maria.Server, maria.Database, login, "pw"), One, Ct);
            Assert.Equal("errors.source.writable", failure.MessageKey);
            Assert.Contains(string.Format(names, finding, login, maria.Database), failure.Params!["findings"]!.ToString()!.Split(", "));
        }
        finally
        {
            await maria.Server.ExecuteAsync($"DROP USER {login}; DROP ROLE IF EXISTS r{login}", Ct);
        }
    }

    [Fact]
    public async Task Read_parameters_have_the_types_the_statement_needs()
    {
        const string Values = "{\"i\":42,\"d\":1.50,\"s\":\"é漢😀'\\\\\",\"b\":true,\"n\":null,\"t\":\"2024-01-01\"}";
        var typed = await ReadAsync(OdbcSource.Of(postgres.Source), "SELECT @i::int AS i, @d::numeric AS d, @s AS s, @b::bool AS b, @n::text AS n, date '2024-02-01' > @t AS t WHERE 42 = @i", Values);
        Assert.Equal("{\"i\":42,\"d\":1.50,\"s\":\"é漢😀'\\\\\",\"b\":true,\"n\":null,\"t\":true}", typed);
        var loose = await ReadAsync(maria.Connection, "SELECT CAST(@i AS SIGNED) AS i, CAST(@d AS DECIMAL(5,2)) AS d, CAST(@s AS CHAR(20)) AS s, @b = 1 AS b, CAST(@n AS CHAR(5)) AS n, DATE '2024-02-01' > @t AS t", Values);
        Assert.Equal("{\"i\":42,\"d\":1.50,\"s\":\"é漢😀'\\\\\",\"b\":1,\"n\":null,\"t\":1}", loose);
    }

    /// <summary>Where the manager cuts characters to their low bytes, U+223B is a semicolon and U+0127 a quote: they must reach such a driver another way, or not at all.</summary>
    [Fact]
    public async Task Read_a_character_is_never_cut_to_another()
    {
        using var sqlite = new SqliteSource();
        sqlite.Execute("CREATE TABLE \"tä∻ħ\" (id INTEGER PRIMARY KEY, \"é漢\" TEXT); INSERT INTO \"tä∻ħ\" VALUES (1, 'x')");
        var connection = OdbcSource.Of(sqlite);
        Assert.Equal("{\"a∻ħ\":\"∻ħ'漢😀\"}", await ReadAsync(connection, "SELECT '∻ħ''漢😀' AS \"a∻ħ\"", "{}"));
        Assert.Equal("{\"id\":1,\"é漢\":\"x\"}", Assert.Single((await ReadOutcome.OfAsync(OdbcSource.Connector(), connection, new ReadRequest { Table = "tä∻ħ" }, Ct)).Documents));

        var narrow = OdbcSource.Of(maria.Server, maria.Database, maria.Login, "p;w=x%41", ("CHARSET", "latin1"));
        Assert.Equal("{\"a\":\"ħ ∻ DROP TABLE numbers ∻ --ħ\"}", await ReadAsync(narrow, "SELECT 'ħ \u223b DROP TABLE numbers \u223b --ħ' AS a", "{}"));
        Assert.Equal("{\"ŁŁ\":1,\"a\":\"漢\"}", await ReadAsync(narrow, "SELECT 1 AS ŁŁ, '漢' AS a", "{}"));
    }

    /// <summary>unixODBC may garble the login on its way to such a driver, which then comes back as one that is not accepted.</summary>
    [Fact]
    public async Task Read_through_a_driver_without_wide_text_fails_for_good()
    {
        var failure = await ReadOutcome.FailureAsync(OdbcSource.Connector(), OdbcSource.Of(postgres.Source, driver: OdbcRegistrations.PostgresAnsi), One, Ct);
        Assert.Contains(failure.MessageKey, new[] { "errors.connection.odbc_setup", "errors.connection.authentication" });
        Assert.Equal(FailureKind.Permanent, failure.Kind);
    }

    private static async Task<string> ReadAsync(SourceConnection connection, string sql, string parameters)
        => Assert.Single((await ReadOutcome.OfAsync(OdbcSource.Connector(), connection, ConnectorContract.Request(sql, parameters), Ct)).Documents);

    private static int ClosedPort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
