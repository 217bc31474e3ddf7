using System.Net;
using System.Net.Sockets;
using DataSync.Pipeline.Connectors;
using DataSync.Pipeline.Failures;

namespace DataSync.IntegrationTests.Extract;

/// <summary>What only MySQL and MariaDB have: column types, grants, keys with collations, a server that goes away.</summary>
public sealed class MySqlConnectorTests : IAsyncLifetime
{
    private static readonly ReadRequest One = new() { Query = "SELECT 1 AS a" };
    private MySqlSource _source = null!;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _source = await MySqlSource.CreateAsync(Ct);
        await _source.ExecuteAsync("CREATE TABLE items (id int PRIMARY KEY, name text); INSERT INTO items VALUES (1, 'one')", Ct);
    }

    public ValueTask DisposeAsync() => _source.DisposeAsync();

    [Theory]
    [InlineData("tinyint(1)", "2", "2"), InlineData("tinyint unsigned", "255", "255"), InlineData("smallint", "-32768", "-32768"), InlineData("mediumint", "8388607", "8388607"), InlineData("int(8) zerofill", "42", "42")]
    [InlineData("bigint unsigned", "18446744073709551615", "18446744073709551615"), InlineData("bigint", "-9223372036854775808", "-9223372036854775808"), InlineData("bigint(20) zerofill", "0", "0"), InlineData("year", "2024", "2024")]
    [InlineData("decimal(65,30)", "12345678901234567890123456789012345.123456789012345678901234567890", "12345678901234567890123456789012345.123456789012345678901234567890")]
    [InlineData("decimal(10,2) zerofill", "0.5", "0.50"), InlineData("decimal(5,3)", "-0.125", "-0.125"), InlineData("float", "1234567", "1234567"), InlineData("float", "0.1", "0.1"), InlineData("double", "1e300", "1E+300"), InlineData("double", "0.1", "0.1")]
    [InlineData("bit(64)", "0xFFFFFFFFFFFFFFFF", "18446744073709551615"), InlineData("bit(1)", "1", "1"), InlineData("bit(5)", "b'10101'", "21")]
    [InlineData("char(5)", "'ab '", "\"ab\""), InlineData("varchar(5)", "'ab '", "\"ab \""), InlineData("varchar(9) character set latin1", "'é'", "\"é\""), InlineData("text character set utf16", "'漢😀'", "\"漢😀\""), InlineData("longtext", "'a\\0b'", "\"a\\u0000b\"")]
    [InlineData("enum('x','é')", "'é'", "\"é\""), InlineData("set('a','b','c')", "'c,a'", "\"a,c\""), InlineData("binary(3)", "'a'", "\"YQAA\""), InlineData("varbinary(3)", "X'00FF'", "\"AP8=\""), InlineData("longblob", "X'FF'", "\"/w==\"")]
    [InlineData("date", "'2024-02-29'", "\"2024-02-29\""), InlineData("date", "'0000-00-00'", "\"0000-00-00\""), InlineData("date", "'2024-00-15'", "\"2024-00-15\""), InlineData("datetime", "'0000-00-00'", "\"0000-00-00T00:00:00\"")]
    [InlineData("datetime(6)", "'2024-01-02 03:04:05.000001'", "\"2024-01-02T03:04:05.000001\""), InlineData("datetime(3)", "'9999-12-31 23:59:59.120'", "\"9999-12-31T23:59:59.12\""), InlineData("timestamp(6) null", "'2024-06-01 12:00:00.5'", "\"2024-06-01T12:00:00.5Z\"")]
    [InlineData("time", "'-838:59:59'", "\"-838:59:59\""), InlineData("time(6)", "'25:00:00.000010'", "\"25:00:00.00001\""), InlineData("time", "'00:00:00'", "\"00:00:00\"")]
    [InlineData("uuid", "'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11'", "\"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11\""), InlineData("inet6", "'2001:db8::1'", "\"2001:db8::1\""), InlineData("inet4", "'10.0.0.1'", "\"10.0.0.1\"")]
    [InlineData("geometry", "POINT(1, 2)", "\"AAAAAAEBAAAAAAAAAAAA8D8AAAAAAAAAQA==\""), InlineData("int", "NULL", "null"), InlineData("text", "NULL", "null"), InlineData("datetime", "NULL", "null")]
    public async Task Read_a_column_of_any_type_comes_out_exact_by_table_and_by_query(string type, string value, string json)
    {
        await _source.ExecuteAsync($"SET sql_mode = '', time_zone = '+00:00'; CREATE TABLE types (v {type}); INSERT INTO types VALUES ({value})", Ct);
        Assert.Equal($"{{\"v\":{json}}}", Assert.Single((await ReadAsync(new ReadRequest { Table = "types" })).Documents));
        Assert.Equal($"{{\"v\":{json}}}", Assert.Single((await ReadAsync(new ReadRequest { Query = "SELECT * FROM types" })).Documents));
    }

    [Fact]
    public async Task Read_json_of_a_table_is_nested_as_it_came_on_one_line()
    {
        await _source.ExecuteAsync("CREATE TABLE documents (id int PRIMARY KEY, v json, t text); INSERT INTO documents VALUES (1, '{\"b\": 1.10,\\n \"a\":[null]}', '{}'), (2, NULL, NULL)", Ct);
        Assert.Equal(["{\"id\":1,\"v\":{\"b\":1.10,\"a\":[null]},\"t\":\"{}\"}", "{\"id\":2,\"v\":null,\"t\":null}"], (await ReadAsync(new ReadRequest { Table = "documents" })).Documents);
    }

    [Theory]
    [InlineData("SELECT v, ';' AS s FROM floats"), InlineData("SELECT v /* c */ FROM floats"), InlineData("SELECT v, @x FROM floats")]
    public async Task Read_a_float_that_cannot_come_exactly_is_refused_rather_than_rounded(string sql)
    {
        await _source.ExecuteAsync("CREATE TABLE floats (v float); INSERT INTO floats VALUES (1234567)", Ct);
        Assert.Equal("errors.extraction.float_column", (await ReadOutcome.FailureAsync(MySqlSource.Connector(), _source.Connection, new ReadRequest { Query = sql }, Ct)).MessageKey);
    }

    [Fact]
    public async Task Read_a_query_keeps_its_own_order()
    {
        await _source.ExecuteAsync("CREATE TABLE ordered (id int PRIMARY KEY, v int); INSERT INTO ordered SELECT seq, (seq * 7919) % 1000 FROM seq_1_to_999", Ct);
        var rows = (await ReadAsync(new ReadRequest { Query = "SELECT v FROM ordered ORDER BY v DESC" })).Documents;
        Assert.Equal(rows.OrderByDescending(d => int.Parse(d[5..^1], System.Globalization.CultureInfo.InvariantCulture)), rows);
    }

    [Theory]
    [InlineData("varchar(20) collate utf8mb4_general_ci", "CONCAT(CHAR(97 + seq % 26), CHAR(65 + seq % 7), seq)"), InlineData("varchar(20) character set latin1", "CONCAT('é', seq)"), InlineData("varbinary(20)", "UNHEX(HEX(seq * 65537))")]
    [InlineData("bigint unsigned", "18446744073709551615 - seq"), InlineData("decimal(30,10)", "seq * 1.5 - 100"), InlineData("datetime(6)", "TIMESTAMPADD(MICROSECOND, seq * 7, '2024-01-01')"), InlineData("date", "DATE_ADD('2020-01-01', INTERVAL seq DAY)")]
    [InlineData("timestamp(3)", "TIMESTAMPADD(SECOND, seq, '2024-01-01')"), InlineData("time(3)", "SEC_TO_TIME(CAST(seq AS SIGNED) * 60 - 30000)"), InlineData("uuid", "UUID()"), InlineData("bigint", "CAST(seq AS SIGNED) - 500"), InlineData("inet6", "CONCAT('::', HEX(seq))")]
    public async Task Read_goes_on_behind_a_key_of_any_type(string type, string value)
    {
        await _source.ExecuteAsync($"SET time_zone = '+00:00'; CREATE TABLE `k;'``s` (`the key` {type}, n int, PRIMARY KEY (`the key`)); INSERT INTO `k;'``s` SELECT {value}, seq FROM seq_1_to_1000", Ct);
        var request = new ReadRequest { Table = "`k;'``s`" };
        var whole = (await ReadAsync(request)).Documents;
        Assert.Equal(1000, whole.Distinct(StringComparer.Ordinal).Count());
        foreach (var kept in (int[])[1, 333, 999])
        {
            var first = await ReadAsync(request with { RowLimit = kept });
            var second = await ReadAsync(request with { ResumeToken = first.Token, FirstSeq = kept });
            Assert.Equal(whole, first.Documents.Concat(second.Documents));
        }
    }

    [Theory]
    [InlineData("v enum('b','a') PRIMARY KEY"), InlineData("v double PRIMARY KEY"), InlineData("v text, PRIMARY KEY (v(3))"), InlineData("v int")]
    public async Task Read_a_table_whose_key_cannot_be_relied_on_gives_no_token(string columns)
    {
        await _source.ExecuteAsync($"CREATE TABLE odd ({columns}); INSERT INTO odd VALUES (1)", Ct);
        var outcome = await ReadAsync(new ReadRequest { Table = "odd" });
        Assert.Single(outcome.Documents);
        Assert.Empty(outcome.Token);
    }

    [Fact]
    public async Task Read_a_session_killed_midway_is_a_lost_connection_and_a_resumed_read_loses_nothing()
    {
        await _source.ExecuteAsync("CREATE TABLE big (id int PRIMARY KEY, x text); INSERT INTO big SELECT seq, REPEAT('x', 1000) FROM seq_1_to_100000", Ct);
        var (rows, token) = (0, Array.Empty<byte>());
        var failure = await Assert.ThrowsAsync<SyncFailureException>(async () =>
        {
            await foreach (var batch in MySqlSource.Connector().ReadAsync(_source.Connection, new ReadRequest { Table = "big" }, Ct))
            {
                using (batch)
                {
                    (rows, token) = (rows + batch.Count, batch.ResumeToken.ToArray());
                    if (batch.FirstSeq == 0) await _source.ExecuteAsync($"KILL CONNECTION USER {_source.Login}", Ct);
                }
            }
        });
        Assert.Equal(("errors.connection.lost", FailureKind.Transient), (failure.Failure.MessageKey, failure.Failure.Kind));
        var rest = await ReadAsync(new ReadRequest { Table = "big", ResumeToken = token, FirstSeq = rows });
        Assert.Equal(100_000, rows + rest.Documents.Count);
        Assert.StartsWith($"{{\"id\":{rows + 1},", rest.Documents[0], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Read_cancelled_or_abandoned_ends_the_statement_on_the_server_too()
    {
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        var reading = ReadOutcome.OfAsync(MySqlSource.Connector(), _source.Connection, new ReadRequest { Query = "SELECT SLEEP(60) AS s" }, cancel.Token);
        await WaitAsync("1");
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reading);
        await WaitAsync("0");

        async Task WaitAsync(string sessions)
        {
            var clock = System.Diagnostics.Stopwatch.StartNew();
            while ((await _source.ExecuteAsync($"SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE USER = '{_source.Login}' AND INFO LIKE '%SLEEP%' ", Ct)).Trim() != sessions)
            {
                Assert.True(clock.Elapsed < TimeSpan.FromSeconds(sessions == "0" ? 2 : 20));
                await Task.Delay(50, Ct);
            }
        }
    }

    [Theory]
    [InlineData("GRANT INSERT ON {1}.* TO {0}", "INSERT on {1}.*"), InlineData("GRANT UPDATE (name) ON {1}.items TO {0}", "UPDATE on {1}.items"), InlineData("GRANT FILE ON *.* TO {0}", "FILE on *.*")]
    [InlineData("GRANT EXECUTE ON {1}.* TO {0}", "EXECUTE on {1}.*"), InlineData("GRANT ALL ON *.* TO {0}", "ALL PRIVILEGES on *.*"), InlineData("GRANT SELECT ON {1}.items TO {0} WITH GRANT OPTION", "GRANT OPTION on {1}.items")]
    [InlineData("GRANT CREATE TEMPORARY TABLES ON {1}.* TO {0}", "CREATE TEMPORARY TABLES on {1}.*"), InlineData("CREATE ROLE r{0}; GRANT DELETE ON {1}.* TO r{0}; GRANT r{0} TO {0}; SET DEFAULT ROLE r{0} FOR {0}", "DELETE on {1}.*")]
    [InlineData("CREATE ROLE i{0}; CREATE ROLE o{0}; GRANT DROP ON {1}.* TO i{0}; GRANT i{0} TO o{0}; GRANT o{0} TO {0}; SET DEFAULT ROLE o{0} FOR {0}", "DROP on {1}.*")]
    public async Task Read_with_a_login_that_could_write_is_refused_unless_the_operator_allows_it(string grant, string finding)
    {
        Assert.Single((await ReadAsync(One)).Documents);
        await _source.ExecuteAsync(string.Format(System.Globalization.CultureInfo.InvariantCulture, grant, _source.Login, _source.Database), Ct);

        var failure = await ReadOutcome.FailureAsync(MySqlSource.Connector(), _source.Connection, One, Ct);
        Assert.Equal(("errors.source.writable", FailureKind.Permanent), (failure.MessageKey, failure.Kind));
        Assert.Contains(string.Format(System.Globalization.CultureInfo.InvariantCulture, finding, "", _source.Database), failure.Params!["findings"]!.ToString(), StringComparison.Ordinal);
        var check = (await MySqlSource.Connector().TestAsync(_source.Connection, Ct)).Single(c => c.Name == "read_only");
        Assert.Equal((false, "errors.source.writable", "hints.source.writable"), (check.Passed, check.MessageKey, check.HintKey));

        Assert.Single((await ReadOutcome.OfAsync(MySqlSource.Connector(allowWritable: true), _source.Connection, One, Ct)).Documents);
    }

    [Fact]
    public async Task Read_with_a_login_that_may_look_around_or_follow_the_log_or_has_a_role_not_in_effect_is_allowed_and_shown()
    {
        await _source.ExecuteAsync($"GRANT PROCESS, SHOW DATABASES, BINLOG MONITOR, REPLICATION SLAVE ON *.* TO {_source.Login}; GRANT SHOW VIEW ON {_source.Database}.* TO {_source.Login}; CREATE ROLE n{_source.Login}; GRANT DELETE ON {_source.Database}.* TO n{_source.Login}; GRANT n{_source.Login} TO {_source.Login}", Ct);
        Assert.Single((await ReadAsync(One)).Documents);
        var check = (await MySqlSource.Connector().TestAsync(_source.Connection, Ct)).Single(c => c.Name == "read_only");
        Assert.Equal((true, true), (check.Passed, check.Params!["replication"]));
    }

    /// <summary>What <c>mysql.db</c> gives to an empty user is everybody's, and in nobody's list of grants.</summary>
    [Fact]
    public async Task Read_with_a_login_that_could_write_as_everybody_is_refused_where_that_can_be_seen()
    {
        var check = (await MySqlSource.Connector().TestAsync(_source.Connection, Ct)).Single(c => c.Name == "read_only");
        Assert.Equal((true, "mysql.db"), (check.Passed, check.Params!["unverified"]));
        await _source.ExecuteAsync($"GRANT SELECT ON mysql.db TO {_source.Login}", Ct);
        check = (await MySqlSource.Connector().TestAsync(_source.Connection, Ct)).Single(c => c.Name == "read_only");
        Assert.Equal((true, false), (check.Passed, check.Params!.ContainsKey("unverified")));
        try
        {
            await _source.ExecuteAsync($"INSERT INTO mysql.db (Host, Db, User, Insert_priv) VALUES ('%', '{_source.Database}', '', 'Y'); FLUSH PRIVILEGES", Ct);
            var failure = await ReadOutcome.FailureAsync(MySqlSource.Connector(), _source.Connection, One, Ct);
            Assert.Equal("errors.source.writable", failure.MessageKey);
            Assert.Contains($"INSERT on {_source.Database}.* of ''@'%'", failure.Params!["findings"]!.ToString(), StringComparison.Ordinal);
            Assert.Single((await ReadOutcome.OfAsync(MySqlSource.Connector(allowWritable: true), _source.Connection, One, Ct)).Documents);
        }
        finally
        {
            await _source.ExecuteAsync($"DELETE FROM mysql.db WHERE User = '' AND Db = '{_source.Database}'; FLUSH PRIVILEGES", CancellationToken.None);
        }
    }

    [Fact]
    public async Task Read_failures_to_connect_each_have_their_key()
    {
        var closed = new TcpListener(IPAddress.Loopback, 0);
        closed.Start();
        var port = ((IPEndPoint)closed.LocalEndpoint).Port;
        closed.Stop();
        var (login, password) = (_source.Login, _source.Password);
        (SourceConnection Connection, string Key, FailureKind Kind)[] cases =
        [
            (_source.ConnectionAs(login, password, port: port), "errors.connection.refused", FailureKind.Transient),
            (_source.ConnectionAs(login, password, database: "no_such_database"), "errors.connection.database", FailureKind.Permanent),
            (_source.ConnectionAs("no_such_login", password), "errors.connection.authentication", FailureKind.Permanent),
            (_source.ConnectionAs(login, "wrong"), "errors.connection.authentication", FailureKind.Permanent),
            (_source.ConnectionAs(login, password, tls: "require"), "errors.connection.tls", FailureKind.Permanent),
            (_source.ConnectionAs(login, password, host: "10.1.2.3"), "errors.connection.egress_denied", FailureKind.Permanent),
            (_source.ConnectionAs(login, password, host: "/run/mysqld/mysqld.sock"), "errors.connection.parameters", FailureKind.Permanent),
        ];
        foreach (var (connection, key, kind) in cases)
        {
            var failure = await ReadOutcome.FailureAsync(MySqlSource.Connector(tlsExceptions: "0.0.0.0/0,::/0,no-such-host.invalid,127.0.0.1"), connection, One, Ct);
            Assert.Equal(key, failure.MessageKey);
            Assert.Equal(kind, failure.Kind);
            Assert.DoesNotContain(password, failure.ToString(), StringComparison.Ordinal);
        }

        // a machine without a name service cannot tell that there is no such name
        var nowhere = await ReadOutcome.FailureAsync(MySqlSource.Connector(tlsExceptions: "no-such-host.invalid"), _source.ConnectionAs(login, password, host: "no-such-host.invalid"), One, Ct);
        Assert.Contains((nowhere.MessageKey, nowhere.Kind), ((string, FailureKind)[])[("errors.connection.egress_denied", FailureKind.Permanent), ("errors.connection.unresolved", FailureKind.Transient)]);
    }

    [Fact]
    public async Task Test_of_a_wrong_password_shows_where_it_ends()
    {
        var checks = await MySqlSource.Connector().TestAsync(_source.ConnectionAs(_source.Login, "x"), Ct);
        Assert.Equal(
            [("resolve", true), ("egress", true), ("connect", true), ("authenticate", false), ("version", null), ("read_only", null), ("query", null)], checks.Select(c => (c.Name, c.Passed)));
    }

    [Fact]
    public async Task Read_goes_nowhere_the_operator_did_not_allow()
    {
        using var trap = new TcpListener(IPAddress.Loopback, 0);
        trap.Start();
        var connection = _source.ConnectionAs(_source.Login, "x", port: ((IPEndPoint)trap.LocalEndpoint).Port);
        Assert.Equal("errors.connection.egress_denied", (await ReadOutcome.FailureAsync(MySqlSource.Connector(egress: ""), connection, One, Ct)).MessageKey);
        Assert.False(trap.Pending());
    }

    private Task<ReadOutcome> ReadAsync(ReadRequest request) => ReadOutcome.OfAsync(MySqlSource.Connector(), _source.Connection, request, Ct);
}
