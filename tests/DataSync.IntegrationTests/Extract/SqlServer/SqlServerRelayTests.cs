using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using DataSync.IntegrationTests.Extract.Egress;
using DataSync.Pipeline.Connectors;
using DataSync.Pipeline.Failures;

namespace DataSync.IntegrationTests.Extract.SqlServer;

/// <summary>What stands between driver and server: nothing is dialled but what was vetted, and TLS is agreed on as for every other database.</summary>
public sealed class SqlServerRelayTests
{
    private static readonly ReadRequest One = new() { Query = "SELECT 1 AS a" };
    private static readonly (X509Certificate2 Server, string Authority) Certificates = Make();

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    /// <summary>Without the relay's look at the answer, the driver dials the host that the server names.</summary>
    [Theory]
    [InlineData(false), InlineData(true)]
    public async Task Server_that_sends_elsewhere_is_not_followed(bool enhanced)
    {
        using var trap = new DialTrap();
        await using var server = new TdsServer { OnLogin = () => new TdsAnswer().LoginAck().Routing("127.0.0.1", trap.Port, enhanced).Done() };
        foreach (var connector in new[] { TdsServer.Connector(), TdsServer.Connector(egress: $"127.0.0.1:{server.Port}") })
        {
            var failure = await ReadOutcome.FailureAsync(connector, server.Connection(), One, Ct);
            Assert.Equal(("errors.connection.redirected", FailureKind.Permanent), (failure.MessageKey, failure.Kind));
        }

        await Task.Delay(500, Ct);
        trap.AssertUntouched();
    }

    [Fact]
    public async Task Server_that_names_a_mirror_is_read_and_its_mirror_is_not_dialled()
    {
        using var trap = new DialTrap();
        await using var server = new TdsServer { OnLogin = () => new TdsAnswer().LoginAck().Mirror($"127.0.0.1,{trap.Port}").Done() };
        Assert.Equal("{\"a\":1}", Assert.Single((await ReadOutcome.OfAsync(TdsServer.Connector(), server.Connection(), One, Ct)).Documents));
        await using var failing = new TdsServer { OnLogin = () => new TdsAnswer().Mirror($"127.0.0.1,{trap.Port}").Error(40613, 20) };
        Assert.Equal("errors.connection.unavailable", (await ReadOutcome.FailureAsync(TdsServer.Connector(), failing.Connection(), One, Ct)).MessageKey);
        trap.AssertUntouched();
    }

    [Fact]
    public async Task Login_tells_the_server_neither_this_machines_name_nor_more_than_it_needs()
    {
        await using var server = new TdsServer();
        await ReadOutcome.OfAsync(TdsServer.Connector(), server.Connection(), One, Ct);
        var login = Encoding.Unicode.GetString(server.Login);
        Assert.Contains("reader", login, StringComparison.Ordinal);
        Assert.DoesNotContain("pw-of-the-reader", login, StringComparison.Ordinal);
        Assert.DoesNotContain(Environment.MachineName, login, StringComparison.OrdinalIgnoreCase);
    }

    [Theory]
    [InlineData("localhost", "verify-full", true, true), InlineData("127.0.0.1", "verify-full", true, false), InlineData("127.0.0.1", "verify-ca", true, true)]
    [InlineData("localhost", "verify-full", false, false), InlineData("localhost", "verify-ca", false, false), InlineData("127.0.0.1", "require", false, true)]
    public async Task Certificates_are_judged_as_for_every_database(string host, string mode, bool knowsAuthority, bool accepted)
    {
        foreach (var isStrict in (bool[])[true, false])
        {
            await using var server = new TdsServer { Certificate = Certificates.Server, IsStrict = isStrict };
            var connection = server.Connection(mode, host, [.. knowsAuthority ? [("tls_authorities", Certificates.Authority)] : Array.Empty<(string, string)>(), .. isStrict ? [] : new[] { ("tls_min_version", "1.2") }]);
            if (accepted) Assert.Equal("{\"a\":1}", Assert.Single((await ReadOutcome.OfAsync(TdsServer.Connector(), connection, One, Ct)).Documents));
            else Assert.Equal("errors.connection.tls", (await ReadOutcome.FailureAsync(TdsServer.Connector(), connection, One, Ct)).MessageKey);
        }
    }

    [Fact]
    public async Task Test_shows_the_version_agreed_and_the_peer()
    {
        foreach (var (isStrict, version) in new[] { (true, "1.3"), (false, "1.2") })
        {
            await using var server = new TdsServer { Certificate = Certificates.Server, IsStrict = isStrict };
            var checks = await TdsServer.Connector().TestAsync(server.Connection("require", "localhost", isStrict ? [] : [("tls_min_version", "1.2")]), Ct);
            Assert.All(checks, c => Assert.True(c.Passed, $"{c.Name} {c.MessageKey}"));
            var tls = checks.Single(c => c.Name == "tls").Params!;
            Assert.Equal((version, "CN=localhost"), (tls["tls_version"], tls["peer"]));
            Assert.Equal(isStrict ? 0x08000000u : 0x74000004u, BitConverter.ToUInt32(server.Login, 4));
        }
    }

    /// <summary>A server before SQL Server 2022 knows no TLS that comes first; one that knows, but not 1.3, is as bad.</summary>
    [Fact]
    public async Task Server_that_does_not_begin_with_tls_1_3_is_refused_with_what_to_do()
    {
        await using var old = new TdsServer { Certificate = Certificates.Server, IsStrict = false };
        await using var older = new TdsServer { Certificate = Certificates.Server, Protocols = SslProtocols.Tls12 };
        foreach (var server in (TdsServer[])[old, older])
        {
            var failure = await ReadOutcome.FailureAsync(TdsServer.Connector(), server.Connection("require", "localhost"), One, Ct);
            Assert.Equal(("errors.connection.tds8", FailureKind.Permanent), (failure.MessageKey, failure.Kind));
            Assert.Empty(server.Login);
        }
    }

    [Fact]
    public async Task Server_without_tls_gets_no_login_where_tls_is_wanted()
    {
        await using var server = new TdsServer { Encryption = 2 };
        Assert.Equal("errors.connection.tls", (await ReadOutcome.FailureAsync(TdsServer.Connector(), server.Connection("require", "localhost", ("tls_min_version", "1.2")), One, Ct)).MessageKey);
        await using var demanding = new TdsServer { Encryption = 3 };
        Assert.Equal("errors.connection.tls", (await ReadOutcome.FailureAsync(TdsServer.Connector(), demanding.Connection(), One, Ct)).MessageKey);
        Assert.Empty(server.Login);
        Assert.Empty(demanding.Login);
    }

    /// <summary>It is shown in the relay's own TLS, so it works for a driver that knows no such thing.</summary>
    [Theory]
    [InlineData(true), InlineData(false)]
    public async Task Client_certificate_is_shown_to_a_server_that_asks_for_one(bool isStrict)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var other = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var certificate = new CertificateRequest("CN=reader", key, HashAlgorithmName.SHA256).CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(200));
        await using var server = new TdsServer { Certificate = Certificates.Server, IsStrict = isStrict, WantsCertificate = true };
        (string, string)[] version = isStrict ? [] : [("tls_min_version", "1.2")];
        SourceConnection Shows(ECDsa with) => server.Connection("require", "localhost", [.. version, ("client_certificate", certificate.ExportCertificatePem()), ("client_key", with.ExportPkcs8PrivateKeyPem())]);

        await ReadOutcome.FailureAsync(TdsServer.Connector(), server.Connection("require", "localhost", version), One, Ct);
        Assert.Empty(server.Login);
        Assert.Equal("errors.connection.client_certificate", (await ReadOutcome.FailureAsync(TdsServer.Connector(), Shows(other), One, Ct)).MessageKey);
        Assert.Empty(server.Login);
        Assert.Equal("{\"a\":1}", Assert.Single((await ReadOutcome.OfAsync(TdsServer.Connector(), Shows(key), One, Ct)).Documents));
        Assert.Equal(certificate.GetCertHashString(), server.Shown);
    }

    private static (X509Certificate2 Server, string Authority) Make()
    {
        var (from, to) = (DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(200));
        using var authorityKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var asked = new CertificateRequest("CN=An authority for tests", authorityKey, HashAlgorithmName.SHA256);
        asked.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: false, 0, critical: true));
        using var authority = asked.CreateSelfSigned(from, to);
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        request.CertificateExtensions.Add(names.Build());
        using var bare = request.Create(authority, from, to, RandomNumberGenerator.GetBytes(8));
        using var whole = bare.CopyWithPrivateKey(key);
        return (X509CertificateLoader.LoadPkcs12(whole.Export(X509ContentType.Pkcs12), null), authority.ExportCertificatePem());
    }
}
