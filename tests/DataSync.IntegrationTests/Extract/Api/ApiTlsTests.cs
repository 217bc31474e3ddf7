using System.Security.Authentication;
using System.Text.Json;
using DataSync.Extract.Connectors.Api;
using DataSync.Pipeline.Connectors;
using DataSync.Pipeline.Failures;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Https;

namespace DataSync.IntegrationTests.Extract.Api;

/// <summary>APIs over TLS as databases: a source's own authorities, an older version and a client certificate, each by its word and the operator's exception.</summary>
public sealed class ApiTlsTests : IDisposable
{
    private static readonly ReadRequest One = ApiSource.Request("""{"path":"/x"}""");
    private readonly TlsAuthority _authority = new();

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public void Dispose() => _authority.Dispose();

    [Fact]
    public async Task Authorities_of_the_source_are_trusted_for_the_certificates_own_name_alone()
    {
        await using var server = await StartAsync();
        using var connector = ApiSource.Connector();
        using var stranger = new TlsAuthority();
        Assert.Single(await ReadAsync(connector, To(server, ("tls_authorities", _authority.Pem))));
        Assert.Equal("errors.connection.tls", (await FailureAsync(connector, To(server))).MessageKey);
        Assert.Equal("errors.connection.tls", (await FailureAsync(connector, To(server, ("tls_authorities", stranger.Pem)))).MessageKey);
        Assert.Equal("errors.connection.tls", (await FailureAsync(connector, To(server, "127.0.0.1", ("tls_authorities", _authority.Pem)))).MessageKey);
        Assert.Single(server.Asked);
    }

    [Fact]
    public async Task An_older_version_needs_the_sources_word_and_the_operators_exception()
    {
        await using var server = await StartAsync(https => https.SslProtocols = SslProtocols.Tls12);
        using var connector = ApiSource.Connector();
        var asked = To(server, ("tls_authorities", _authority.Pem), ("tls_min_version", "1.2"));
        Assert.Equal("errors.connection.tls", (await FailureAsync(connector, To(server, ("tls_authorities", _authority.Pem)))).MessageKey);
        Assert.Single(await ReadAsync(connector, asked));
        using var strict = ApiSource.Connector(exceptions: "");
        var refused = await Assert.ThrowsAsync<SyncFailureException>(() => ReadAsync(strict, asked));
        Assert.Equal("errors.connection.parameters", refused.Failure.MessageKey);
        Assert.Equal(
            ["/connection_params/tls_authorities faults.source.tls_exception", "/connection_params/tls_min_version faults.source.tls_exception"],
            refused.Faults.Select(f => $"{f.Path} {f.MessageKey}").Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData(SslProtocols.Tls12)]
    [InlineData(SslProtocols.Tls13)]
    public async Task Client_certificate_is_shown_to_a_server_that_asks_and_to_nobody_else(SslProtocols version)
    {
        List<string?> seen = [];
        await using var server = await StartAsync(
            https =>
            {
                https.SslProtocols = version;
                https.ClientCertificateMode = ClientCertificateMode.RequireCertificate;
                https.AllowAnyClientCertificate();
            },
            context => seen.Add(context.Connection.ClientCertificate?.Subject));
        using var connector = ApiSource.Connector();
        var (certificate, key) = _authority.Client("reader");
        (string, string)[] tls = [("tls_authorities", _authority.Pem), ("tls_min_version", "1.2")];
        Assert.Single(await ReadAsync(connector, To(server, "localhost", [.. tls, ("client_certificate", certificate), ("client_key", key)])));

        // neither a source without one nor one with another rides on the connection that is kept
        // (what such a server does with who shows none is to hang up, without a word that would tell why)
        var without = await FailureAsync(connector, To(server, "localhost", tls));
        Assert.True(without.MessageKey is "errors.connection.tls" or "errors.connection.lost", without.MessageKey);
        var (second, secondKey) = _authority.Client("second");
        Assert.Single(await ReadAsync(connector, To(server, "localhost", [.. tls, ("client_certificate", second), ("client_key", secondKey)])));
        Assert.Equal(["CN=reader", "CN=second"], seen);
        var unfit = await FailureAsync(connector, To(server, "localhost", [.. tls, ("client_certificate", certificate), ("client_key", secondKey)]));
        Assert.Equal(("errors.connection.client_certificate", FailureKind.Permanent), (unfit.MessageKey, unfit.Kind));
    }

    /// <summary>A stranger sees neither the certificate nor the trust that was meant for the source's own server.</summary>
    [Fact]
    public async Task Redirect_to_another_origin_is_judged_as_if_the_source_asked_for_nothing()
    {
        await using var other = await StartAsync(https => https.ClientCertificateMode = ClientCertificateMode.AllowCertificate);
        await using var server = await ApiServer.StartAsync(
            context =>
            {
                (context.Response.StatusCode, context.Response.Headers.Location) = (302, $"https://localhost:{other.Url.Port}/x");
                return Task.CompletedTask;
            },
            https: https => https.ServerCertificate = _authority.Server());
        using var connector = ApiSource.Connector();
        var (certificate, key) = _authority.Client("reader");
        var failure = await FailureAsync(connector, To(server, ("tls_authorities", _authority.Pem), ("client_certificate", certificate), ("client_key", key)));
        Assert.Equal("errors.connection.tls", failure.MessageKey);
        Assert.Single(server.Asked);
        Assert.Empty(other.Asked);
    }

    [Theory]
    [InlineData(SslProtocols.Tls12, "1.2")]
    [InlineData(SslProtocols.Tls13, "1.3")]
    public async Task Test_shows_the_version_and_the_peer(SslProtocols version, string shown)
    {
        await using var server = await StartAsync(https => https.SslProtocols = version);
        using var connector = ApiSource.Connector();
        var checks = await connector.TestAsync(To(server, ("tls_authorities", _authority.Pem), ("tls_min_version", "1.2")), Ct);
        Assert.All(checks, c => Assert.True(c.Passed, c.Name));
        var tls = checks.Single(c => c.Name == "tls").Params!;
        Assert.Equal((shown, "CN=localhost"), (tls["tls_version"], tls["peer"]));
    }

    /// <summary>Two owners with the very same words share no connection: a certificate may be all that tells them apart to the server.</summary>
    [Fact]
    public async Task Connections_with_a_certificate_serve_their_own_source_alone()
    {
        List<string> connections = [];
        await using var server = await StartAsync(
            https =>
            {
                https.ClientCertificateMode = ClientCertificateMode.RequireCertificate;
                https.AllowAnyClientCertificate();
            },
            context => connections.Add(context.Connection.Id));
        using var connector = ApiSource.Connector();
        var (certificate, key) = _authority.Client("reader");
        var one = To(server, ("tls_authorities", _authority.Pem), ("client_certificate", certificate), ("client_key", key));
        var other = new SourceConnection("api", one.ConnectionParams, "1:u:s");
        foreach (var source in new[] { one, one, other, other }) Assert.Single(await ReadAsync(connector, source));
        Assert.Equal([connections[0], connections[0], connections[2], connections[2]], connections);
        Assert.NotEqual(connections[0], connections[2]);
    }

    [Fact]
    public void Private_key_is_a_secret_and_trust_is_part_of_the_address()
    {
        using var connector = ApiSource.Connector();
        Assert.Contains("client_key", connector.SecretFields);
        Assert.Superset(new HashSet<string>(StringComparer.Ordinal) { "base_url", "tls_min_version", "tls_authorities" }, connector.AddressFields.ToHashSet(StringComparer.Ordinal));
    }

    private Task<ApiServer> StartAsync(Action<HttpsConnectionAdapterOptions>? https = null, Action<HttpContext>? seen = null) => ApiServer.StartAsync(
        context =>
        {
            seen?.Invoke(context);
            return ApiServer.WriteAsync(context, "[1]");
        },
        https: options =>
        {
            options.ServerCertificate = _authority.Server();
            https?.Invoke(options);
        });

    private static SourceConnection To(ApiServer server, params (string Name, string Value)[] tls) => To(server, "localhost", tls);

    private static SourceConnection To(ApiServer server, string host, params (string Name, string Value)[] tls)
    {
        var members = tls.ToDictionary(m => m.Name, m => m.Value, StringComparer.Ordinal);
        members["base_url"] = $"https://{host}:{server.Url.Port}";
        return new SourceConnection("api", JsonSerializer.SerializeToElement(members), "1:t:s");
    }

    private static async Task<List<string>> ReadAsync(ApiConnector connector, SourceConnection source) => (await ReadOutcome.OfAsync(connector, source, One, Ct)).Documents;

    private static Task<SyncFailure> FailureAsync(ApiConnector connector, SourceConnection source) => ReadOutcome.FailureAsync(connector, source, One, Ct);
}
