using System.Text.Json;
using DataSync.Extract;
using DataSync.Extract.Connectors.Api;
using DataSync.Pipeline.Connectors;
using DataSync.Pipeline.Failures;
using DataSync.Platform.Http.Egress;
using DataSync.Platform.Resilience;
using Microsoft.Extensions.Options;

namespace DataSync.IntegrationTests.Extract.Api;

/// <summary>A connector for APIs and what a test reads with it.</summary>
internal static class ApiSource
{
    /// <summary>The loopback is allowed, also without TLS, unless a test says otherwise.</summary>
    public static ApiConnector Connector(
        string egress = "127.0.0.0/8,::1/128", string exceptions = "127.0.0.0/8,::1/128,localhost", Action<ApiOptions>? api = null, NameResolution? resolve = null,
        SharedRateLimit? limits = null, TimeProvider? time = null)
    {
        var options = new ApiOptions { ResponseTimeoutSeconds = 5, StallTimeoutSeconds = 5 };
        api?.Invoke(options);
        return new ApiConnector(
            new EgressPolicy(Options.Create(new EgressOptions { Allow = egress }), resolve ?? (static async (host, ct) => await System.Net.Dns.GetHostAddressesAsync(host, ct))),
            Options.Create(new ExtractOptions { TlsExceptions = exceptions }), Options.Create(options), limits ?? new SharedRateLimit(null!), time ?? TimeProvider.System);
    }

    public static SourceConnection Connection(Uri url, string? auth = null, string? headers = null, string source = "s", string tenant = "")
    {
        var members = new Dictionary<string, object>(StringComparer.Ordinal) { ["base_url"] = url.AbsoluteUri.TrimEnd('/') };
        if (auth is not null) members["auth"] = JsonElement.Parse(auth);
        if (headers is not null) members["headers"] = JsonElement.Parse(headers);
        return new SourceConnection("api", JsonSerializer.SerializeToElement(members), $"1:t:{source}") { TenantId = tenant, SourceId = source };
    }

    public static ReadRequest Request(string extraction) => new() { Extraction = JsonElement.Parse(extraction) };

    public static async Task<ReadOutcome> ReadAsync(Uri url, string extraction, string? auth = null, string? headers = null, ApiConnector? connector = null)
    {
        using var own = connector is null ? Connector() : null;
        return await ReadOutcome.OfAsync(connector ?? own!, Connection(url, auth, headers), Request(extraction), TestContext.Current.CancellationToken);
    }

    public static async Task<SyncFailure> FailureAsync(Uri url, string extraction, string? auth = null, string? headers = null, ApiConnector? connector = null)
        => (await Assert.ThrowsAsync<SyncFailureException>(() => ReadAsync(url, extraction, auth, headers, connector))).Failure;
}
