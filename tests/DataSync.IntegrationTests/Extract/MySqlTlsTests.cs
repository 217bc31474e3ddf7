using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using DataSync.IntegrationTests.Extract.Odbc;
using DataSync.IntegrationTests.MariaDb;
using DataSync.Pipeline.Connectors;
using DataSync.Pipeline.Failures;

namespace DataSync.IntegrationTests.Extract;

/// <summary>A MariaDB with a certificate for <c>localhost</c> alone, from an authority that this machine does not trust.</summary>
public sealed class MySqlTlsServer : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("datasync-mysql-tls-").FullName;
    private MariaDbServer? _server;

    internal MySqlSource Source { get; private set; } = null!;

    /// <summary>The authority's certificate as PEM.</summary>
    internal string Authority { get; private set; } = "";

    /// <summary>A certificate and key of the same authority as PEM.</summary>
    internal (string Certificate, string Key) Client { get; private set; }

    internal string AuthorityFile => Path.Combine(_folder, "authority.crt");

    internal string ByCertificate => $"c{Source.Login}";

    public async ValueTask InitializeAsync()
    {
        MakeCertificates();
        _server = await MariaDbServer.StartAsync(Options("server"), CancellationToken.None);
        Source = await MySqlSource.CreateAsync(_server, CancellationToken.None);
        await Source.MakeLoginAsync(ByCertificate, "SELECT", CancellationToken.None);
        await Source.ExecuteAsync($"ALTER USER {ByCertificate} REQUIRE X509", CancellationToken.None);
    }

    public async ValueTask DisposeAsync()
    {
        if (_server is not null) await _server.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>A server's that shows one of the certificates.</summary>
    internal string[] Options(string certificate) => [$"--ssl-cert={_folder}/{certificate}.crt", $"--ssl-key={_folder}/{certificate}.key", $"--ssl-ca={AuthorityFile}"];

    private void MakeCertificates()
    {
        var (from, to) = (DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(200));
        using var authorityKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var asked = new CertificateRequest("CN=An authority for tests", authorityKey, HashAlgorithmName.SHA256);
        asked.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: false, 0, critical: true));
        using var authority = asked.CreateSelfSigned(from, to);
        Authority = authority.ExportCertificatePem();
        foreach (var (name, file) in new[] { ("localhost", "server"), ("other.example", "other") })
        {
            using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
            var names = new SubjectAlternativeNameBuilder();
            names.AddDnsName(name);
            request.CertificateExtensions.Add(names.Build());
            using var certificate = request.Create(authority, from, to, RandomNumberGenerator.GetBytes(8));
            File.WriteAllText(Path.Combine(_folder, $"{file}.crt"), certificate.ExportCertificatePem());
            File.WriteAllText(Path.Combine(_folder, $"{file}.key"), key.ExportPkcs8PrivateKeyPem());
        }

        File.WriteAllText(AuthorityFile, Authority);
        using var clientKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var client = new CertificateRequest("CN=reader", clientKey, HashAlgorithmName.SHA256).Create(authority, from, to, RandomNumberGenerator.GetBytes(8));
        Client = (client.ExportCertificatePem(), clientKey.ExportPkcs8PrivateKeyPem());

        // the server runs as somebody else; the key is a test's
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(_folder, (UnixFileMode)0b111_101_101);
    }
}

/// <summary>Whole TLS sessions with a MariaDB that has a certificate.</summary>
public sealed class MySqlTlsTests(MySqlTlsServer server) : IClassFixture<MySqlTlsServer>
{
    private static readonly ReadRequest HowEncrypted = new() { Query = "SELECT VARIABLE_VALUE AS version FROM information_schema.SESSION_STATUS WHERE VARIABLE_NAME = 'Ssl_version'" };

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    /// <summary>MariaDB's driver compares the certificate with what it dials: it dials the name itself then, and else a relay, which passes TLS on.</summary>
    [Theory]
    [InlineData("localhost", 1, "1.3", null), InlineData("127.0.0.1", 1, null, "errors.connection.tls"), InlineData("127.0.0.1", 0, "1.3", null, "127.0.0.1"), InlineData("127.0.0.1", 0, null, "errors.connection.odbc_tls")]
    public async Task Certificate_is_compared_through_odbc_where_the_data_source_says_so(string host, int verifies, string? version, string? key, string exceptions = "")
    {
        var dsn = OdbcRegistrations.Add(
            OdbcRegistrations.MariaDb, ("TCPIP", 1), ("SERVER", host), ("PORT", server.Source.Port), ("DATABASE", server.Source.Database), ("FORCETLS", verifies == 0 ? 1 : 0), ("SSLVERIFY", verifies), ("SSLCA", server.AuthorityFile));
        var checks = await OdbcSource.Connector(tlsExceptions: exceptions).TestAsync(OdbcSource.Connection(dsn, server.Source.Login, server.Source.Password), Ct);
        Assert.Equal(key, checks.FirstOrDefault(c => c.Passed == false)?.MessageKey);
        var tls = checks.Single(c => c.Name == "tls").Params;
        Assert.Equal((version, version is null ? null : verifies == 1 ? "full" : "none"), (tls?["tls_version"], tls?["verification"]));
    }

    [Fact]
    public async Task Certificate_of_an_unknown_authority_is_refused_through_odbc_where_the_data_source_names_none()
    {
        var failure = await ReadOutcome.FailureAsync(OdbcSource.Connector(tlsExceptions: ""), ThroughOdbc("localhost", ("SSLVERIFY", 1)), HowEncrypted, Ct);
        Assert.Equal(("errors.connection.tls", FailureKind.Permanent), (failure.MessageKey, failure.Kind));
    }

    /// <summary>The driver reads a number, to which <c>yes</c> is 0: it compares no name, and such a data source is one without verification, which the connection test says.</summary>
    [Fact]
    public async Task Certificate_is_not_taken_for_compared_through_odbc_where_the_driver_does_not_understand()
    {
        var connection = ThroughOdbc("127.0.0.1", ("SSLVERIFY", "yes"), ("SSLCA", server.AuthorityFile));
        var failure = await ReadOutcome.FailureAsync(OdbcSource.Connector(tlsExceptions: ""), connection, HowEncrypted, Ct);
        Assert.Equal(("errors.connection.odbc_tls", FailureKind.Permanent), (failure.MessageKey, failure.Kind));
        var checks = await OdbcSource.Connector(tlsExceptions: "127.0.0.1").TestAsync(connection, Ct);
        Assert.All(checks, c => Assert.True(c.Passed, $"{c.Name}: {c.MessageKey}"));
        Assert.Equal("none", checks.Single(c => c.Name == "tls").Params?["verification"]);
    }

    /// <summary>The authority is the right one, as a session without the comparison shows; the name is another server's.</summary>
    [Fact]
    public async Task Certificate_of_a_trusted_authority_for_another_name_is_refused_through_odbc()
    {
        await using var other = await MariaDbServer.StartAsync(server.Options("other"), Ct);
        await using var source = await MySqlSource.CreateAsync(other, Ct);
        foreach (var (verifies, key) in new[] { (1, "errors.connection.tls"), (0, null) })
        {
            var dsn = OdbcRegistrations.Add(
                OdbcRegistrations.MariaDb, ("TCPIP", 1), ("SERVER", "localhost"), ("PORT", other.Port), ("DATABASE", source.Database), ("SSLVERIFY", verifies), ("SSLCA", server.AuthorityFile));
            var checks = await OdbcSource.Connector(tlsExceptions: verifies == 1 ? "" : "localhost").TestAsync(OdbcSource.Connection(dsn, source.Login, source.Password), Ct);
            Assert.Equal(key, checks.FirstOrDefault(c => c.Passed == false)?.MessageKey);
        }
    }

    [Theory]
    [InlineData("verify-full"), InlineData("verify-ca")]
    public async Task Certificate_of_an_unknown_authority_is_refused(string tls)
    {
        var connection = Connection("localhost", tls);
        var failure = await ReadOutcome.FailureAsync(MySqlSource.Connector(), connection, HowEncrypted, Ct);
        Assert.Equal(("errors.connection.tls", FailureKind.Permanent), (failure.MessageKey, failure.Kind));
        var checks = await MySqlSource.Connector().TestAsync(connection, Ct);
        Assert.Equal(
            [("resolve", true), ("egress", true), ("connect", true), ("tls", false), ("authenticate", null), ("version", null), ("read_only", null), ("query", null)],
            checks.Select(c => (c.Name, c.Passed)));
    }

    [Theory]
    [InlineData("localhost", "verify-full", true), InlineData("127.0.0.1", "verify-full", false), InlineData("127.0.0.1", "verify-ca", true)]
    public async Task Authorities_of_the_source_are_trusted_for_the_certificates_own_name(string host, string mode, bool accepted)
    {
        var connection = Connection(host, mode, ("tls_authorities", server.Authority));
        if (accepted) Assert.Equal("{\"version\":\"TLSv1.3\"}", Assert.Single((await ReadOutcome.OfAsync(MySqlSource.Connector(), connection, HowEncrypted, Ct)).Documents));
        else Assert.Equal("errors.connection.tls", (await ReadOutcome.FailureAsync(MySqlSource.Connector(), connection, HowEncrypted, Ct)).MessageKey);
    }

    [Fact]
    public async Task Test_shows_the_version_agreed_and_the_peer()
    {
        var checks = await MySqlSource.Connector().TestAsync(Connection("localhost", "require"), Ct);
        Assert.All(checks, c => Assert.True(c.Passed, c.Name));
        var tls = checks.Single(c => c.Name == "tls").Params!;
        Assert.Equal(("1.3", "CN=localhost"), (tls["tls_version"], tls["peer"]));
    }

    [Fact]
    public async Task Read_cancelled_over_tls_ends_within_two_seconds()
    {
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        var reading = ReadOutcome.OfAsync(MySqlSource.Connector(), Connection("localhost", "verify-full", ("tls_authorities", server.Authority)), new ReadRequest { Query = "SELECT SLEEP(60) AS s" }, cancel.Token);
        await Task.Delay(1000, Ct);
        var clock = System.Diagnostics.Stopwatch.StartNew();
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reading);
        Assert.InRange(clock.Elapsed.TotalSeconds, 0, 2);
    }

    [Fact]
    public async Task Client_certificate_is_shown_to_a_server_that_asks_for_one()
    {
        var (certificate, key) = server.Client;
        Assert.Equal("errors.connection.authentication", (await ReadOutcome.FailureAsync(MySqlSource.Connector(), Connection("localhost", "require", ("username", server.ByCertificate)), HowEncrypted, Ct)).MessageKey);
        var shown = Connection("localhost", "require", ("username", server.ByCertificate), ("client_certificate", certificate), ("client_key", key));
        Assert.Single((await ReadOutcome.OfAsync(MySqlSource.Connector(), shown, HowEncrypted, Ct)).Documents);
    }

    private SourceConnection ThroughOdbc(string host, params (string Name, object Value)[] tls) => OdbcSource.Connection(
        OdbcRegistrations.Add(OdbcRegistrations.MariaDb, [("TCPIP", 1), ("SERVER", host), ("PORT", server.Source.Port), ("DATABASE", server.Source.Database), .. tls]), server.Source.Login, server.Source.Password);

    private SourceConnection Connection(string host, string tls, params (string Name, string Value)[] more)
        => server.Source.ConnectionAs(server.Source.Login, server.Source.Password, host, tls: tls, more: more);
}
