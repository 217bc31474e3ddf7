using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using DataSync.Pipeline.Connectors;
using DataSync.Pipeline.Failures;

namespace DataSync.IntegrationTests.Extract;

/// <summary>What only PostgreSQL has: roles, addresses, TLS, a server that goes away.</summary>
public sealed class PostgresConnectorTests : IAsyncLifetime
{
    private static readonly ReadRequest One = new() { Query = "SELECT 1 AS a" };
    private PostgresSource _source = null!;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _source = await PostgresSource.CreateAsync(Ct);
        await _source.ExecuteAsync("CREATE TABLE items (id int PRIMARY KEY, name text); INSERT INTO items VALUES (1, 'one')", Ct);
    }

    public ValueTask DisposeAsync() => _source.DisposeAsync();

    [Fact]
    public async Task Read_a_session_ended_by_the_server_is_a_lost_connection()
    {
        var failure = await Assert.ThrowsAsync<SyncFailureException>(async () =>
        {
            var request = new ReadRequest { Query = "SELECT i, repeat('x', 1000) AS x FROM generate_series(1, 1000000) i" };
            await foreach (var batch in PostgresSource.Connector().ReadAsync(_source.Connection, request, Ct))
            {
                using (batch)
                    if (batch.FirstSeq == 0) await _source.ScalarAsync<bool>($"SELECT bool_and(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE usename = '{_source.Login}'", Ct);
            }
        });
        Assert.Equal(("errors.connection.lost", FailureKind.Transient), (failure.Failure.MessageKey, failure.Failure.Kind));
    }

    [Fact]
    public async Task Read_cancelled_ends_the_statement_on_the_server_too()
    {
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        var reading = ReadOutcome.OfAsync(PostgresSource.Connector(), _source.Connection, new ReadRequest { Query = "SELECT pg_sleep(60)::text AS s" }, cancel.Token);
        await WaitAsync(1);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reading);
        await WaitAsync(0);

        async Task WaitAsync(long sessions)
        {
            var clock = System.Diagnostics.Stopwatch.StartNew();
            while (await _source.ScalarAsync<long>($"SELECT count(*) FROM pg_stat_activity WHERE usename = '{_source.Login}'", Ct) != sessions)
            {
                Assert.True(clock.Elapsed < TimeSpan.FromSeconds(sessions == 0 ? 2 : 20));
                await Task.Delay(50, Ct);
            }
        }
    }

    [Theory]
    [InlineData("GRANT INSERT ON items TO {0}", "table public.items")]
    [InlineData("GRANT UPDATE (name) ON items TO {0}", "table public.items")]
    [InlineData("GRANT TRUNCATE ON items TO {0}", "table public.items")]
    [InlineData("GRANT CREATE ON SCHEMA public TO {0}", "schema public")]
    [InlineData("CREATE SEQUENCE s; GRANT USAGE ON SEQUENCE s TO {0}", "sequence public.s")]
    [InlineData("CREATE EXTENSION dblink; GRANT EXECUTE ON FUNCTION dblink_connect_u(text) TO {0}", "function dblink_connect_u")]
    [InlineData("CREATE EXTENSION postgres_fdw; CREATE SERVER other FOREIGN DATA WRAPPER postgres_fdw; GRANT USAGE ON FOREIGN SERVER other TO {0}; CREATE USER MAPPING FOR {0} SERVER other", "server other")]
    [InlineData("GRANT pg_write_all_data TO {0}", "role pg_write_all_data")]
    [InlineData("GRANT pg_execute_server_program TO {0}", "role pg_execute_server_program")]
    [InlineData("ALTER ROLE {0} SUPERUSER", "superuser")]
    [InlineData("ALTER ROLE {0} CREATEROLE", "create_role")]
    public async Task Read_with_a_login_that_could_write_is_refused_unless_the_operator_allows_it(string grant, string finding)
    {
        Assert.Single((await ReadOutcome.OfAsync(PostgresSource.Connector(), _source.Connection, One, Ct)).Documents);
        await _source.ExecuteAsync(string.Format(System.Globalization.CultureInfo.InvariantCulture, grant, _source.Login), Ct);

        var failure = await ReadOutcome.FailureAsync(PostgresSource.Connector(), _source.Connection, One, Ct);
        Assert.Equal(("errors.source.writable", FailureKind.Permanent), (failure.MessageKey, failure.Kind));
        Assert.Contains(finding, failure.Params!["findings"]!.ToString(), StringComparison.Ordinal);
        var check = (await PostgresSource.Connector().TestAsync(_source.Connection, Ct)).Single(c => c.Name == "read_only");
        Assert.Equal((false, "errors.source.writable", "hints.source.writable"), (check.Passed, check.MessageKey, check.HintKey));

        var report = await PostgresSource.Connector().VerifyAsync(_source.Connection, Ct);
        Assert.Equal(("writable", true), (report.Outcome, report.Grants.Contains(finding)));

        Assert.Single((await ReadOutcome.OfAsync(PostgresSource.Connector(allowWritable: true), _source.Connection, One, Ct)).Documents);
    }

    /// <summary>A login may become every role it is a member of, whatever it inherits: a query can hold <c>set_config('role', …)</c>.</summary>
    [Theory]
    [InlineData("ALTER ROLE {0} NOINHERIT; GRANT INSERT ON items TO w{0}; GRANT w{0} TO {0}", "table public.items as w{0}")]
    [InlineData("ALTER ROLE {0} NOINHERIT; ALTER ROLE w{0} CREATEROLE; GRANT w{0} TO {0}", "create_role as w{0}")]
    [InlineData("ALTER ROLE w{0} SUPERUSER; GRANT w{0} TO {0}", "superuser as w{0}")]
    [InlineData("ALTER ROLE {0} NOINHERIT; ALTER ROLE w{0} NOINHERIT; GRANT CREATE ON SCHEMA public TO i{0}; GRANT i{0} TO w{0}; GRANT w{0} TO {0}", "schema public as i{0}")]
    [InlineData("GRANT w{0} TO {0} WITH ADMIN OPTION", "admin of w{0}")]
    [InlineData("GRANT DELETE ON items TO {0}; GRANT SELECT ON items TO w{0}; GRANT w{0} TO {0}; ALTER ROLE {0} SET role = 'w{0}'", "table public.items as {0}")]
    [InlineData("ALTER TABLE items OWNER TO {0}; REVOKE ALL ON items FROM {0}; GRANT SELECT ON items TO {0}", "owner of table items")]
    [InlineData("GRANT SELECT ON items TO {0} WITH GRANT OPTION", "table public.items")]
    public async Task Read_with_a_login_that_could_become_one_that_writes_is_refused(string grant, string finding)
    {
        var names = System.Globalization.CultureInfo.InvariantCulture;
        var odbc = Odbc.OdbcSource.Of(_source);
        await _source.ExecuteAsync(string.Format(names, "CREATE ROLE w{0}; CREATE ROLE i{0};" + grant, _source.Login), Ct);
        try
        {
            foreach (var (connector, connection) in new (IConnector, SourceConnection)[] { (PostgresSource.Connector(), _source.Connection), (Odbc.OdbcSource.Connector(), odbc) })
            {
                var failure = await ReadOutcome.FailureAsync(connector, connection, One, Ct);
                Assert.Equal("errors.source.writable", failure.MessageKey);
                Assert.Contains(string.Format(names, finding, _source.Login), failure.Params!["findings"]!.ToString()!.Split(", "));
            }
        }
        finally
        {
            await _source.ExecuteAsync(string.Format(names, "ALTER TABLE items OWNER TO CURRENT_USER; DROP OWNED BY w{0}, i{0}; DROP ROLE w{0}, i{0}", _source.Login), Ct);
        }
    }

    /// <summary>Roles that only read are no reason to refuse, however they are come by.</summary>
    [Fact]
    public async Task Read_with_a_member_of_roles_that_only_read_is_verified()
    {
        await _source.ExecuteAsync($"CREATE ROLE w{_source.Login}; GRANT SELECT ON items TO w{_source.Login}; GRANT pg_read_all_data, pg_monitor TO w{_source.Login}; GRANT w{_source.Login} TO {_source.Login}; ALTER ROLE {_source.Login} NOINHERIT; GRANT SELECT ON items TO {_source.Login}", Ct);
        try
        {
            var report = await PostgresSource.Connector().VerifyAsync(_source.Connection, Ct);
            Assert.Equal(("verified_read_only", ""), (report.Outcome, string.Join(", ", report.Grants)));
        }
        finally
        {
            await _source.ExecuteAsync($"DROP OWNED BY w{_source.Login}; DROP ROLE w{_source.Login}", Ct);
        }
    }

    /// <summary>Change tracking needs it, and it changes no data: the log of changes is followed, not written. But a query could reach others' slots by it.</summary>
    [Fact]
    public async Task Read_of_a_table_with_a_login_that_may_replicate_is_allowed_and_told_apart()
    {
        List<AccessReport> told = [];
        var connection = new SourceConnection("postgresql", _source.Connection.ConnectionParams) { Verified = (report, _) => { told.Add(report); return Task.CompletedTask; } };
        Assert.Single((await ReadOutcome.OfAsync(PostgresSource.Connector(), connection, One, Ct)).Documents);
        await _source.ExecuteAsync($"CREATE TABLE one (a int); INSERT INTO one VALUES (1); ALTER ROLE {_source.Login} REPLICATION", Ct);
        Assert.Single((await ReadOutcome.OfAsync(PostgresSource.Connector(), connection, new ReadRequest { Table = "one" }, Ct)).Documents);
        Assert.Equal("errors.extraction.replication_login", (await ReadOutcome.FailureAsync(PostgresSource.Connector(), connection, One, Ct)).MessageKey);
        var check = (await PostgresSource.Connector().TestAsync(connection, Ct)).Single(c => c.Name == "read_only");
        Assert.Equal([("verified_read_only", false), ("verified_read_only", true), ("verified_read_only", true), ("verified_read_only", true)], told.Select(t => (t.Outcome, t.Replication)));
        Assert.Equal((true, "verified_read_only", true), (check.Passed, check.Params!["access"], check.Params["replication"]));
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
            (_source.ConnectionAs(login, password, host: "10.1.2.3"), "errors.connection.egress_denied", FailureKind.Permanent),
            (_source.ConnectionAs(login, password, host: "/var/run/postgresql"), "errors.connection.parameters", FailureKind.Permanent),
        ];
        foreach (var (connection, key, kind) in cases)
        {
            var failure = await ReadOutcome.FailureAsync(PostgresSource.Connector(tlsExceptions: "0.0.0.0/0,::/0,no-such-host.invalid,127.0.0.1"), connection, One, Ct);
            Assert.Equal(key, failure.MessageKey);
            Assert.Equal(kind, failure.Kind);
            Assert.DoesNotContain(password, failure.ToString(), StringComparison.Ordinal);
        }

        // a machine without a name service cannot tell that there is no such name
        var nowhere = await ReadOutcome.FailureAsync(PostgresSource.Connector(tlsExceptions: "no-such-host.invalid"), _source.ConnectionAs(login, password, host: "no-such-host.invalid"), One, Ct);
        Assert.Contains((nowhere.MessageKey, nowhere.Kind), ((string, FailureKind)[])[("errors.connection.egress_denied", FailureKind.Permanent), ("errors.connection.unresolved", FailureKind.Transient)]);
    }

    [Fact]
    public async Task Read_goes_nowhere_the_operator_did_not_allow()
    {
        using var trap = new TcpListener(IPAddress.Loopback, 0);
        trap.Start();
        var connection = _source.ConnectionAs(_source.Login, "x", host: "127.0.0.1", port: ((IPEndPoint)trap.LocalEndpoint).Port);
        Assert.Equal("errors.connection.egress_denied", (await ReadOutcome.FailureAsync(PostgresSource.Connector(egress: ""), connection, One, Ct)).MessageKey);
        var checks = await PostgresSource.Connector(egress: "").TestAsync(connection, Ct);
        Assert.False(trap.Pending());
        Assert.Equal(
            [("resolve", true), ("egress", false), ("connect", null), ("authenticate", null), ("version", null), ("read_only", null), ("query", null)],
            checks.Select(c => (c.Name, c.Passed)));
    }

    [Fact]
    public async Task Test_of_a_wrong_password_or_name_shows_where_it_ends()
    {
        var checks = await PostgresSource.Connector().TestAsync(_source.ConnectionAs("no_such_login", "x"), Ct);
        Assert.True(checks.Single(c => c.Name == "connect").Passed);
        var authenticate = checks.Single(c => c.Name == "authenticate");
        Assert.Equal((false, "errors.connection.authentication", "hints.connection.authentication"), (authenticate.Passed, authenticate.MessageKey, authenticate.HintKey));
        Assert.Null(checks.Single(c => c.Name == "query").Passed);
    }

    [Fact]
    public async Task Read_over_tls_asks_for_the_hosts_name_and_trusts_no_unknown_certificate()
    {
        var (port, seen) = FakeTlsServer();
        var failure = await ReadOutcome.FailureAsync(PostgresSource.Connector(), _source.ConnectionAs("a", "b", host: "localhost", port: port, tls: "verify-full"), One, Ct);
        Assert.Equal("errors.connection.tls", failure.MessageKey);
        Assert.Equal("localhost", await seen.WaitAsync(Ct));
    }

    [Fact]
    public async Task Read_over_tls_from_a_server_without_it_is_refused()
        => Assert.Equal(
            "errors.connection.tls",
            (await ReadOutcome.FailureAsync(PostgresSource.Connector(), _source.ConnectionAs(_source.Login, _source.Password, tls: "verify-full"), One, Ct)).MessageKey);

    [Fact]
    public async Task Read_a_parent_with_children_has_no_key_to_resume_by()
    {
        await _source.ExecuteAsync("CREATE TABLE child () INHERITS (items); INSERT INTO child VALUES (1, 'again')", Ct);
        var outcome = await ReadOutcome.OfAsync(PostgresSource.Connector(), _source.Connection, new ReadRequest { Table = "public.items" }, Ct);
        Assert.Equal(2, outcome.Documents.Count);
        Assert.Empty(outcome.Token);
    }

    [Fact]
    public async Task Read_all_of_an_attempt_is_one_snapshot()
    {
        await _source.ExecuteAsync("INSERT INTO items SELECT i, repeat('x', 1000) FROM generate_series(2, 50000) i", Ct);
        var rows = 0;
        await foreach (var batch in PostgresSource.Connector().ReadAsync(_source.Connection, new ReadRequest { Table = "items" }, Ct))
        {
            using (batch) rows += batch.Count;
            if (batch.FirstSeq == 0) await _source.ExecuteAsync("DELETE FROM items WHERE id > 40000; INSERT INTO items SELECT i, 'late' FROM generate_series(60001, 60100) i", Ct);
        }

        Assert.Equal(50_000, rows);
    }

    private static (int Port, Task<string> NameAsked) FakeTlsServer()
    {
        using var key = ECDsa.Create();
        var self = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256).CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(200));
        var certificate = X509CertificateLoader.LoadPkcs12(self.Export(X509ContentType.Pkcs12), null);
        var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return (((IPEndPoint)listener.LocalEndpoint).Port, ServeAsync());

        async Task<string> ServeAsync()
        {
            using var client = await listener.AcceptTcpClientAsync(Ct);
            listener.Stop();
            var stream = client.GetStream();
            await stream.ReadExactlyAsync(new byte[8], Ct);
            await stream.WriteAsync("S"u8.ToArray(), Ct);
            var asked = "";
            await using var tls = new SslStream(stream);
            try
            {
                await tls.AuthenticateAsServerAsync(
                    (_, hello, _, _) => { asked = hello.ServerName; return ValueTask.FromResult(new SslServerAuthenticationOptions { ServerCertificate = certificate }); }, null, Ct);
                await tls.ReadExactlyAsync(new byte[1], Ct);
            }
            catch (Exception e) when (e is IOException or System.Security.Authentication.AuthenticationException)
            {
                // the client refused the certificate, as it should
            }

            return asked;
        }
    }
}
