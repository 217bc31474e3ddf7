using System.Net;
using System.Net.Sockets;
using DataSync.Pipeline.Failures;

namespace DataSync.IntegrationTests.Extract.Api;

/// <summary>No connection is made to where the operator did not allow it: not by address, not by name, not by redirect.</summary>
public sealed class ApiEgressTests
{
    private const string One = """{"path":"/x"}""";

    public static TheoryData<string> Forbidden =>
    [
        "127.0.0.1", "127.1.2.3", "localhost", "0.0.0.0", "10.0.0.1", "10.255.255.255", "172.16.0.1", "172.31.255.255", "192.168.0.1", "169.254.169.254", "169.254.1.1", "100.64.0.1",
        "100.127.255.255", "192.0.0.1", "192.0.2.1", "198.18.0.1", "198.19.255.255", "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255", "192.88.99.1",
        "2130706433", "0x7f000001", "0177.0.0.1", "0x7f.1", "127.1", "0",
        "[::1]", "[::]", "[fe80::1]", "[fec0::1]", "[fc00::1]", "[fd00:ec2::254]", "[ff02::1]", "[::ffff:127.0.0.1]", "[::ffff:10.0.0.1]", "[::ffff:169.254.169.254]", "[::127.0.0.1]",
        "[64:ff9b::7f00:1]", "[64:ff9b::a00:1]", "[64:ff9b:1::a00:1]", "[2002:7f00:1::]", "[2002:a00:1::1]", "[2001::1]", "[2001:0:7f00:1::]", "[2001:db8::1]", "[2001:10::1]", "[2001:20::1]", "[3fff::1]",
        "[100::1]", "[::ffff:0:127.0.0.1]", "[5f00::1]", "[fe80::1%251]", "[2620:4f:8000::1]", "[4000::1]", "[::ffff:100.64.0.1]", "[::ffff:192.168.1.1]",
    ];

    [Theory, MemberData(nameof(Forbidden))]
    public async Task Read_a_forbidden_address_is_never_dialled(string host)
    {
        using var connector = ApiSource.Connector(egress: "", exceptions: $"{host.Trim('[', ']')},{new Uri($"http://{host}").IdnHost.Trim('[', ']')}");
        var failure = await ApiSource.FailureAsync(new Uri($"http://{host}:9"), One, connector: connector);
        Assert.Equal("errors.connection.egress_denied", failure.MessageKey);
    }

    [Theory, MemberData(nameof(Forbidden))]
    public async Task Read_a_redirect_to_a_forbidden_address_is_never_dialled(string host)
    {
        await using var server = await ApiServer.StartAsync(c =>
        {
            c.Response.StatusCode = 302;
            c.Response.Headers.Location = $"http://{host}:9/x";
            return Task.CompletedTask;
        });
        using var connector = ApiSource.Connector(egress: $"{server.Url.Host}:{server.Url.Port}", exceptions: $"{server.Url.Host},{host.Trim('[', ']')},{new Uri($"http://{host}").IdnHost.Trim('[', ']')}");
        var failure = await ApiSource.FailureAsync(server.Url, One, connector: connector);
        Assert.Equal("errors.connection.egress_denied", failure.MessageKey);
        Assert.Single(server.Asked);
    }

    [Fact]
    public async Task Read_a_name_with_one_forbidden_address_among_its_answers_is_never_dialled()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var connector = ApiSource.Connector(egress: "", exceptions: "mixed.example", resolve: (_, _) => Task.FromResult<IReadOnlyList<IPAddress>>([IPAddress.Parse("8.8.8.8"), IPAddress.Loopback]));
        var failure = await ApiSource.FailureAsync(new Uri($"http://mixed.example:{((IPEndPoint)listener.LocalEndpoint).Port}"), One, connector: connector);
        Assert.Equal("errors.connection.egress_denied", failure.MessageKey);
        Assert.False(listener.Pending());
    }

    /// <summary>The first answer is allowed and the next ones are not: what was checked is what is dialled, and each new connection is checked anew.</summary>
    [Fact]
    public async Task Read_a_name_server_that_flips_its_answer_gains_nothing()
    {
        using var forbidden = new TcpListener(IPAddress.Parse("127.0.0.2"), 0);
        forbidden.Start();
        var port = ((IPEndPoint)forbidden.LocalEndpoint).Port;
        var asked = 0;
        using var connector = ApiSource.Connector(
            egress: "127.0.0.1/32", exceptions: "flip.example", resolve: (_, _) => Task.FromResult<IReadOnlyList<IPAddress>>([IPAddress.Parse(asked++ % 2 == 0 ? "127.0.0.1" : "127.0.0.2")]));
        for (var i = 0; i < 1000; i++)
        {
            var failure = await ApiSource.FailureAsync(new Uri($"http://flip.example:{port}"), One, connector: connector);
            Assert.Equal(i % 2 == 0 ? "errors.connection.refused" : "errors.connection.egress_denied", failure.MessageKey);
        }

        Assert.Equal(1000, asked);
        Assert.False(forbidden.Pending());
    }

    [Fact]
    public async Task Read_credentials_stay_with_their_origin_when_a_redirect_leaves_it()
    {
        await using var other = await ApiServer.JsonAsync(_ => "[1]");
        await using var server = await ApiServer.StartAsync(c =>
        {
            c.Response.StatusCode = 307;
            c.Response.Headers.Location = c.Request.Path == "/x" ? "/y" : $"{other.Url}z";
            return Task.CompletedTask;
        });
        var outcome = await ApiSource.ReadAsync(server.Url, One, """{"type":"bearer","token":"t0ken"}""", """{"X-Key":"k3y"}""");
        Assert.Equal(["1"], outcome.Documents);
        Assert.All(server.Asked, a => Assert.Equal(("Bearer t0ken", "k3y"), (a.Header("Authorization"), a.Header("X-Key"))));
        var asked = Assert.Single(other.Asked);
        Assert.Equal((null, null, "/z"), (asked.Header("Authorization"), asked.Header("X-Key"), asked.Target));
    }

    [Theory]
    [InlineData("/x"), InlineData("file:///etc/passwd"), InlineData("gopher://127.0.0.1/")]
    public async Task Read_a_redirect_in_a_circle_or_to_another_scheme_ends(string location)
    {
        await using var server = await ApiServer.StartAsync(c =>
        {
            c.Response.StatusCode = 301;
            c.Response.Headers.Location = location;
            return Task.CompletedTask;
        });
        Assert.Equal("errors.api.redirect", (await ApiSource.FailureAsync(server.Url, One)).MessageKey);
        Assert.InRange(server.Asked.Count, 1, 6);
    }

    [Fact]
    public async Task Read_a_certificate_that_nobody_trusts_is_refused_and_nothing_is_sent()
    {
        await using var server = await ApiServer.StartAsync(c => ApiServer.WriteAsync(c, "[1]"), tls: true);
        var failure = await ApiSource.FailureAsync(new Uri($"https://localhost:{server.Url.Port}"), One, """{"type":"bearer","token":"t"}""");
        Assert.Equal(("errors.connection.tls", FailureKind.Permanent), (failure.MessageKey, failure.Kind));
        Assert.Empty(server.Asked);
    }

    [Fact]
    public async Task Read_without_tls_needs_the_operators_exception()
    {
        await using var server = await ApiServer.JsonAsync(_ => "[1]");
        using var connector = ApiSource.Connector(exceptions: "");
        Assert.Equal("errors.connection.parameters", (await ApiSource.FailureAsync(server.Url, One, connector: connector)).MessageKey);
        Assert.Empty(server.Asked);
    }
}
