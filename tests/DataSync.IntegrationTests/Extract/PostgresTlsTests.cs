using System.Net;
using DataSync.Extract.Connectors.Network;
using DataSync.Extract.Connectors.Postgres;
using DataSync.Extract.Connectors.Postgres.Log;
using DataSync.IntegrationTests.Extract.Odbc;
using DataSync.IntegrationTests.Host;
using DataSync.Pipeline.Connectors;
using DataSync.Pipeline.Failures;
using DataSync.Platform.Http.Egress;
using Microsoft.Extensions.Options;

namespace DataSync.IntegrationTests.Extract;

/// <summary>Whole TLS sessions with a PostgreSQL that has a certificate.</summary>
public sealed class PostgresTlsTests(TlsServer server) : IClassFixture<TlsServer>
{
    private static readonly ReadRequest HowEncrypted = new() { Query = "SELECT ssl, version, (SELECT count(*) FROM things) AS things FROM pg_stat_ssl WHERE pid = pg_backend_pid()" };

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("verify-full", "localhost")]
    [InlineData("verify-ca", "localhost")]
    [InlineData("verify-full", "")]
    [InlineData("verify-ca", "")]
    public async Task Certificate_of_an_unknown_authority_is_refused(string tls, string exceptions)
    {
        var connector = PostgresSource.Connector(tlsExceptions: exceptions);
        var failure = await ReadOutcome.FailureAsync(connector, server.Connection("localhost", tls), HowEncrypted, Ct);
        Assert.Equal(("errors.connection.tls", FailureKind.Permanent), (failure.MessageKey, failure.Kind));
        var checks = await connector.TestAsync(server.Connection("localhost", tls), Ct);
        Assert.Equal(
            [("resolve", true), ("egress", true), ("connect", true), ("tls", false), ("authenticate", null), ("version", null), ("read_only", null), ("query", null)],
            checks.Select(c => (c.Name, c.Passed)));
        Assert.Equal(("errors.connection.tls", "hints.connection.tls"), checks.Where(c => c.Name == "tls").Select(c => (c.MessageKey, c.HintKey)).Single());
    }

    /// <summary>psqlodbc dials a relay, and compares the certificate with the name all the same.</summary>
    [Theory]
    [InlineData("localhost", true, null), InlineData("127.0.0.1", true, "errors.connection.tls"), InlineData("localhost", false, "errors.connection.tls")]
    public async Task Certificate_is_compared_through_odbc_with_the_name_that_is_registered(string host, bool isTrusted, string? key)
    {
        var given = server.Connection(host, "verify-full").ConnectionParams;
        string Text(string name) => given.GetProperty(name).ToString();
        var dsn = OdbcRegistrations.Add(
            OdbcRegistrations.Postgres, ("Servername", host), ("Port", Text("port")), ("Database", Text("database")), ("SSLmode", "verify-full"), ("pqopt", $"sslrootcert={(isTrusted ? server.AuthorityFile : "/etc/ssl/certs/ca-certificates.crt")}"));
        var checks = await OdbcSource.Connector(tlsExceptions: "").TestAsync(OdbcSource.Connection(dsn, Text("username"), Text("password")), Ct);
        if (key is null)
        {
            Assert.All(checks, c => Assert.True(c.Passed, $"{c.Name} {c.MessageKey}"));
            var tls = checks.Single(c => c.Name == "tls").Params!;
            Assert.Equal(("1.3", "full"), (tls["tls_version"], tls["verification"]));
            return;
        }

        Assert.Equal(("connect", key), checks.Where(c => c.Passed == false).Select(c => (c.Name, c.MessageKey)).Single());
    }

    /// <summary>TLS 1.3 is asked for by a data source that says nothing of it; an older one must be allowed for the server.</summary>
    [Fact]
    public async Task Version_below_1_3_through_odbc_needs_the_operators_exception()
    {
        var given = server.Connection("localhost", "verify-full").ConnectionParams;
        string Text(string name) => given.GetProperty(name).ToString();
        var dsn = OdbcRegistrations.Add(
            OdbcRegistrations.Postgres, ("Servername", "localhost"), ("Port", Text("port")), ("Database", Text("database")), ("SSLmode", "verify-full"), ("pqopt", $"sslrootcert={server.AuthorityFile}"));
        var connection = OdbcSource.Connection(dsn, Text("username"), Text("password"));
        await server.SpeakAtMostAsync("TLSv1.2", Ct);
        try
        {
            Assert.Equal("connect", (await OdbcSource.Connector(tlsExceptions: "").TestAsync(connection, Ct)).Single(c => c.Passed == false).Name);
            var checks = await OdbcSource.Connector(tlsExceptions: "localhost").TestAsync(connection, Ct);
            Assert.Equal("1.2", checks.Single(c => c.Name == "tls").Params!["tls_version"]);
        }
        finally
        {
            await server.SpeakAtMostAsync("TLSv1.3", Ct);
        }
    }

    [Theory]
    [InlineData("TLSv1.3")]
    [InlineData("TLSv1.2")]
    public async Task Require_where_the_operator_allows_it_encrypts_the_session(string version)
    {
        await server.SpeakAtMostAsync(version, Ct);
        try
        {
            var connector = PostgresSource.Connector(tlsExceptions: "localhost");
            var connection = server.Connection("localhost", "require", ("tls_min_version", version[^3..]));
            var session = (await ReadOutcome.OfAsync(connector, connection, HowEncrypted, Ct)).Single();
            Assert.Equal((true, version, 2), (session.GetProperty("ssl").GetBoolean(), session.GetProperty("version").GetString(), session.GetProperty("things").GetInt32()));
            var checks = await connector.TestAsync(connection, Ct);
            Assert.All(checks, c => Assert.True(c.Passed, c.Name));
            var tls = checks.Single(c => c.Name == "tls").Params!;
            Assert.Equal((version[^3..], "CN=localhost"), (tls["tls_version"], tls["peer"]));
        }
        finally
        {
            await server.SpeakAtMostAsync("TLSv1.3", CancellationToken.None);
        }
    }

    [Fact]
    public async Task An_older_version_that_the_source_did_not_ask_for_is_refused_whatever_the_operator_allows()
    {
        await server.SpeakAtMostAsync("TLSv1.2", Ct);
        try
        {
            var failure = await ReadOutcome.FailureAsync(PostgresSource.Connector(tlsExceptions: "localhost"), server.Connection("localhost", "require"), HowEncrypted, Ct);
            Assert.Equal("errors.connection.tls", failure.MessageKey);
        }
        finally
        {
            await server.SpeakAtMostAsync("TLSv1.3", CancellationToken.None);
        }
    }

    [Theory]
    [InlineData(true), InlineData(false)]
    public async Task Replication_connections_judge_the_certificate_as_every_other_does(bool trusts)
    {
        await server.ExecuteAsync("ALTER ROLE reader REPLICATION", Ct);
        try
        {
            await OpenForReplicationAsync(trusts);
        }
        finally
        {
            // with it no query is read
            await server.ExecuteAsync("ALTER ROLE reader NOREPLICATION", CancellationToken.None);
        }
    }

    private async Task OpenForReplicationAsync(bool trusts)
    {
        var connection = trusts ? server.Connection("localhost", "verify-full", ("tls_authorities", await File.ReadAllTextAsync(server.AuthorityFile, Ct))) : server.Connection("localhost", "verify-full");
        var egress = new EgressPolicy(Options.Create(new EgressOptions { Allow = "127.0.0.0/8,::1/128" }), static async (host, ct) => await Dns.GetHostAddressesAsync(host, ct));
        var open = LogSession.OpenAsync(new PostgresGate(egress, TimeProvider.System), ServerParameters.Read(connection, 5432), TimeSpan.FromSeconds(30), Ct);
        if (!trusts)
        {
            Assert.Equal("errors.connection.tls", (await Assert.ThrowsAsync<SyncFailureException>(() => open)).Failure.MessageKey);
            return;
        }

        await using var session = await open;
        Assert.Equal("true TLSv1.3", await server.ScalarAsync("SELECT s.ssl || ' ' || s.version FROM pg_stat_ssl s JOIN pg_stat_activity a USING (pid) WHERE a.backend_type = 'walsender'", Ct));
    }

    [Theory]
    [InlineData("localhost", "verify-full", true)]
    [InlineData("127.0.0.1", "verify-full", false)]
    [InlineData("127.0.0.1", "verify-ca", true)]
    public async Task Authorities_of_the_source_are_trusted_for_the_certificates_own_name(string host, string mode, bool accepted)
    {
        var connector = PostgresSource.Connector(tlsExceptions: "localhost,127.0.0.1");
        var connection = server.Connection(host, mode, ("tls_authorities", await File.ReadAllTextAsync(server.AuthorityFile, Ct)));
        if (accepted) Assert.Single((await ReadOutcome.OfAsync(connector, connection, HowEncrypted, Ct)).Documents);
        else Assert.Equal("errors.connection.tls", (await ReadOutcome.FailureAsync(connector, connection, HowEncrypted, Ct)).MessageKey);
    }

    [Fact]
    public async Task Authorities_of_the_source_take_the_place_of_the_machines()
    {
        using var key = System.Security.Cryptography.ECDsa.Create();
        using var stranger = new System.Security.Cryptography.X509Certificates.CertificateRequest("CN=A stranger", key, System.Security.Cryptography.HashAlgorithmName.SHA256)
            .CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(200));
        var connection = server.Connection("localhost", "verify-ca", ("tls_authorities", stranger.ExportCertificatePem()));
        Assert.Equal("errors.connection.tls", (await ReadOutcome.FailureAsync(PostgresSource.Connector(tlsExceptions: "localhost"), connection, HowEncrypted, Ct)).MessageKey);
    }

    [Fact]
    public async Task Client_certificate_is_shown_to_a_server_that_asks_for_one()
    {
        await server.MakeLoginByCertificateAsync(Ct);
        var (certificate, key) = server.ClientCertificate;
        var connector = PostgresSource.Connector(tlsExceptions: "localhost");
        Assert.Equal("errors.connection.authentication", (await ReadOutcome.FailureAsync(connector, server.Connection("localhost", "require", ("username", "by_certificate")), HowEncrypted, Ct)).MessageKey);
        Assert.Single((await ReadOutcome.OfAsync(connector, server.Connection("localhost", "require", ("username", "by_certificate"), ("client_certificate", certificate), ("client_key", key)), HowEncrypted, Ct)).Documents);
        using var other = System.Security.Cryptography.ECDsa.Create();
        var unfit = server.Connection("localhost", "require", ("username", "by_certificate"), ("client_certificate", certificate), ("client_key", other.ExportPkcs8PrivateKeyPem()));
        Assert.Equal("errors.connection.client_certificate", (await ReadOutcome.FailureAsync(connector, unfit, HowEncrypted, Ct)).MessageKey);
    }

    [Fact]
    public async Task Disable_where_the_operator_allows_it_is_not_encrypted()
    {
        var session = (await ReadOutcome.OfAsync(PostgresSource.Connector(tlsExceptions: "localhost"), server.Connection("localhost", "disable"), HowEncrypted, Ct)).Single();
        Assert.False(session.GetProperty("ssl").GetBoolean());
    }

    [Theory]
    [InlineData("require")]
    [InlineData("disable")]
    public async Task Less_than_a_verified_certificate_without_the_operators_exception_is_refused_before_anything_is_sent(string tls)
    {
        var refused = await Assert.ThrowsAsync<SyncFailureException>(() => ReadOutcome.OfAsync(PostgresSource.Connector(tlsExceptions: "127.0.0.1"), server.Connection("localhost", tls), HowEncrypted, Ct));
        Assert.Equal("errors.connection.parameters", refused.Failure.MessageKey);
        Assert.Equal(("faults.source.tls_exception", "/connection_params/tls"), refused.Faults.Select(f => (f.MessageKey, f.Path)).Single());
    }

    [Fact]
    public async Task Trusted_certificate_is_accepted_for_its_own_name_and_by_TLS_1_3_alone()
    {
        await using var system = new RunningSystem();
        system.Settings.AddRange([("SSL_CERT_FILE", server.AuthorityFile), ("DATASYNC_TLS_EXCEPTIONS", ""), ("DATASYNC_ALLOW_WRITABLE_SOURCES", "false")]);
        await system.InitializeAsync();
        using var client = system.Client("trusting");
        foreach (var (host, tls) in ((string, string)[])[("localhost", "verify-full"), ("127.0.0.1", "verify-full"), ("127.0.0.1", "verify-ca")])
        {
            var source = new { source_id = $"{host} {tls}", source_name = "s", source_type = "database", connection_params = server.Parameters(host, tls), extraction_params = new { query = HowEncrypted.Query } };
            await client.PostAsync("api/sources", source, HttpStatusCode.Created, Ct);
        }

        Assert.Equal([], await FailedAsync(client, "localhost verify-full"));
        Assert.Equal(["tls SYNC_007"], await FailedAsync(client, "127.0.0.1 verify-full"));
        Assert.Equal([], await FailedAsync(client, "127.0.0.1 verify-ca"));

        system.Start("worker");
        var job = await client.EndAsync(await client.StartAsync(new { source_id = "localhost verify-full", output_format = "jsonl" }, Ct), Ct);
        Assert.Equal("completed", job.GetProperty("status").GetString());
        Assert.Equal("""{"ssl":true,"version":"TLSv1.3","things":2}""", (await client.ExportAsync(job.GetProperty("job_id").GetGuid(), "data.jsonl", Ct)).TrimEnd());

        await server.SpeakAtMostAsync("TLSv1.2", Ct);
        try
        {
            Assert.Equal(["tls SYNC_007"], await FailedAsync(client, "localhost verify-full"));
        }
        finally
        {
            await server.SpeakAtMostAsync("TLSv1.3", CancellationToken.None);
        }
    }

    /// <summary>The checks of a source that failed, with their codes.</summary>
    private static async Task<List<string>> FailedAsync(HttpClient client, string source)
    {
        var answer = await client.PostAsync($"api/sources/{Uri.EscapeDataString(source)}/test", new { }, HttpStatusCode.OK, Ct);
        var checks = answer.GetProperty("checks").EnumerateArray().ToList();
        Assert.Contains(checks, c => c.GetProperty("name").GetString() == "tls");
        return [.. checks.Where(c => c.GetProperty("outcome").GetString() == "failed").Select(c => $"{c.GetProperty("name").GetString()} {c.GetProperty("error_code").GetString()}")];
    }
}
