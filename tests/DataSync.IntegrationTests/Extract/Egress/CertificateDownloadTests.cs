using System.Net;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using DataSync.IntegrationTests.Host;
using DataSync.Pipeline.Connectors;
using DataSync.Pipeline.Failures;
using DataSync.Platform.Http.Egress;
using Microsoft.Extensions.Options;

namespace DataSync.IntegrationTests.Extract.Egress;

/// <summary>A certificate says where its issuer's is to be had. Whoever fetches it goes where a stranger sends it, past the guard.</summary>
public sealed class CertificateDownloadTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public static TheoryData<string> Drivers => ["api", "postgresql", "sqlserver", "mysql"];

    /// <summary>The control: without the setting, the same certificate leads there.</summary>
    [Fact]
    public void A_chain_that_may_be_completed_is_fetched_for()
    {
        using var trap = new DialTrap(only: IPAddress.Loopback);
        using var certificate = Stranger.Certificate(Place(trap));
        using var chain = new X509Chain { ChainPolicy = { RevocationMode = X509RevocationMode.NoCheck, UrlRetrievalTimeout = TimeSpan.FromSeconds(2) } };
        Assert.False(chain.Build(certificate));
        Assert.NotEmpty(trap.Dialled);
        Assert.True(trap.IsReached);
    }

    [Theory]
    [MemberData(nameof(Drivers))]
    public async Task Certificate_of_a_server_leads_nowhere(string driver)
    {
        using var trap = new DialTrap(only: IPAddress.Loopback);
        using var certificate = Stranger.Certificate(Place(trap));
        await using var server = new Stranger(driver, certificate);
        await using var connectors = new ReachingConnectors($"{Stranger.Address}/32");
        var checks = await connectors.Of(driver).TestAsync(To(driver, server), Ct);
        Assert.Equal(("tls", "errors.connection.tls"), checks.Where(c => c.Passed == false).Select(c => (c.Name, c.MessageKey)).Single());
        var failure = await ReadOutcome.FailureAsync(connectors.Of(driver), To(driver, server), ReachingConnectors.Request(driver), Ct);
        Assert.Equal("errors.connection.tls", failure.MessageKey);
        await RunningSystem.WaitAsync(() => $"the certificate to be shown twice: {server.Shown}", () => Task.FromResult(server.Shown >= 2), Ct);
        trap.AssertUntouched();
    }

    /// <summary>Nor where a source trusts authorities of its own, whose chain cannot be made without.</summary>
    [Theory]
    [MemberData(nameof(Drivers))]
    public async Task Certificate_of_a_server_leads_nowhere_where_the_source_names_authorities(string driver)
    {
        using var trap = new DialTrap(only: IPAddress.Loopback);
        var (certificate, intermediate, authority) = Stranger.Chain(Place(trap));
        using (certificate)
        using (intermediate)
        {
            await using var server = new Stranger(driver, certificate);
            await using var connectors = new ReachingConnectors($"{Stranger.Address}/32");
            var checks = await connectors.Of(driver).TestAsync(To(driver, server, ("tls_authorities", authority)), Ct);
            Assert.Equal(("tls", "errors.connection.tls"), checks.Where(c => c.Passed == false).Select(c => (c.Name, c.MessageKey)).Single());
            trap.AssertUntouched();
        }
    }

    /// <summary>A chain that the server sends whole is followed to the source's own authority; nothing is fetched for it, and nobody is asked whether it was revoked.</summary>
    [Theory]
    [MemberData(nameof(Drivers))]
    public async Task Chain_that_a_server_sends_is_taken_without_fetching_anything(string driver)
    {
        using var trap = new DialTrap(only: IPAddress.Loopback);
        var (certificate, intermediate, authority) = Stranger.Chain(Place(trap));
        using (certificate)
        using (intermediate)
        {
            await using var server = new Stranger(driver, certificate, [intermediate]);
            await using var connectors = new ReachingConnectors($"{Stranger.Address}/32");
            var checks = await connectors.Of(driver).TestAsync(To(driver, server, ("tls_authorities", authority)), Ct);
            var tls = checks.Single(c => c.Name == "tls");
            Assert.True(tls.Passed, tls.MessageKey);
            Assert.Equal("CN=stranger", tls.Params!["peer"]);
            Assert.Equal(driver == "api" ? "request" : "authenticate", checks.Single(c => c.Passed == false).Name);
            trap.AssertUntouched();
        }
    }

    /// <summary>A source's own certificate is a tenant's word as well; of one that is over .NET would make the chain anew.</summary>
    [Theory]
    [InlineData("api", false), InlineData("postgresql", false), InlineData("sqlserver", false), InlineData("mysql", false)]
    [InlineData("api", true), InlineData("postgresql", true), InlineData("sqlserver", true), InlineData("mysql", true)]
    public async Task Certificate_of_a_source_leads_nowhere(string driver, bool isExpired)
    {
        using var trap = new DialTrap(only: IPAddress.Loopback);
        using var shown = Stranger.Certificate(Place(trap), isExpired);
        var (certificate, intermediate, authority) = Stranger.Chain(Place(trap));
        using (certificate)
        using (intermediate)
        {
            await using var server = new Stranger(driver, certificate, [intermediate]);
            await using var connectors = new ReachingConnectors($"{Stranger.Address}/32");
            var connection = To(
                driver, server, ("tls_authorities", authority), ("client_certificate", shown.ExportCertificatePem()), ("client_key", shown.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem()));
            Assert.True((await connectors.Of(driver).TestAsync(connection, Ct)).Single(c => c.Name == "tls").Passed);
            trap.AssertUntouched();
        }
    }

    /// <summary>Receivers of alerts, the tenants' servers of annotations.</summary>
    [Theory]
    [InlineData(true), InlineData(false)]
    public async Task Certificate_of_a_receiver_leads_nowhere(bool excepted)
    {
        using var trap = new DialTrap(only: IPAddress.Loopback);
        using var certificate = Stranger.Certificate(Place(trap));
        await using var server = new Stranger("https", certificate);
        var egress = new EgressPolicy(Options.Create(new EgressOptions { Allow = $"{Stranger.Address}/32" }), static async (host, ct) => await Dns.GetHostAddressesAsync(host, ct));
        using var pools = new EgressPools(egress, TimeProvider.System);
        using var request = new HttpRequestMessage(HttpMethod.Post, $"https://{Stranger.Address}:{server.Port}/hook");
        var thrown = await Assert.ThrowsAsync<SyncFailureException>(() => pools.SendAsync(request, excepted, TimeSpan.FromSeconds(10), static (answer, _) => Task.FromResult(answer.StatusCode), Ct));
        Assert.Equal("errors.connection.tls", thrown.Failure.MessageKey);
        await RunningSystem.WaitAsync("the certificate to have been shown", () => Task.FromResult(server.Shown == 1), Ct);
        trap.AssertUntouched();
    }

    /// <summary>No check says that it passed where the server was never judged.</summary>
    [Theory]
    [InlineData("postgresql"), InlineData("mysql"), InlineData("sqlserver")]
    public async Task Tls_of_a_server_that_says_nothing_has_not_passed(string driver)
    {
        using var silent = new System.Net.Sockets.TcpListener(IPAddress.Parse(Stranger.Address), 0);
        silent.Start();
        await using var connectors = new ReachingConnectors($"{Stranger.Address}/32");
        var checks = await connectors.Of(driver).TestAsync(To(driver, ((IPEndPoint)silent.LocalEndpoint).Port), Ct);
        Assert.Equal(
            [("resolve", true), ("egress", true), ("connect", true), ("tls", false), ("authenticate", null), ("version", null), ("read_only", null), ("query", null)],
            checks.Select(c => (c.Name, c.Passed)));
        Assert.Equal(("errors.connection.timeout", "hints.connection.timeout"), checks.Where(c => c.Name == "tls").Select(c => (c.MessageKey, c.HintKey)).Single());
    }

    /// <summary>It has where the server was judged, whatever comes of the login.</summary>
    [Theory]
    [InlineData("postgresql"), InlineData("mysql"), InlineData("sqlserver")]
    public async Task Tls_of_a_server_that_lets_nobody_log_in_has_passed(string driver)
    {
        var (certificate, intermediate, authority) = Stranger.Chain("http://127.0.0.1:9/");
        using (certificate)
        using (intermediate)
        {
            await using var server = new Stranger(driver, certificate, [intermediate]) { Hangs = true };
            await using var connectors = new ReachingConnectors($"{Stranger.Address}/32");
            var checks = await connectors.Of(driver).TestAsync(To(driver, server, ("tls_authorities", authority)), Ct);
            Assert.Equal(
                [("resolve", true), ("egress", true), ("connect", true), ("tls", true), ("authenticate", false), ("version", null), ("read_only", null), ("query", null)],
                checks.Select(c => (c.Name, c.Passed)));
            Assert.Equal("errors.connection.timeout", checks.Single(c => c.Name == "authenticate").MessageKey);
        }
    }

    private static string Place(DialTrap trap) => $"http://127.0.0.1:{trap.Port}/latest/meta-data/";

    private static SourceConnection To(string driver, Stranger server, params ReadOnlySpan<(string Name, string Value)> more) => To(driver, server.Port, more);

    private static SourceConnection To(string driver, int port, params ReadOnlySpan<(string Name, string Value)> more)
    {
        var parameters = driver == "api"
            ? JsonSerializer.SerializeToNode(new { base_url = $"https://{Stranger.Address}:{port}" })!.AsObject()
            : JsonSerializer.SerializeToNode(new { driver, host = Stranger.Address, port, database = "d", username = "u", password = "p" })!.AsObject();
        foreach (var (name, value) in more) parameters[name] = value;
        return new SourceConnection(driver, JsonSerializer.SerializeToElement(parameters));
    }
}
