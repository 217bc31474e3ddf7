using DataSync.Platform.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;

namespace DataSync.Tests.Platform.Http;

/// <summary>The table of endpoints that a process really has, also of those that the API document does not show.</summary>
public sealed class EndpointTableTests
{
    /// <summary>Each is open on purpose: what webhooks sign, what a link or a hook's secret opens, probes, metrics (by address), the API's description, the operator's login, and the dashboard, which asks for a cookie itself.</summary>
    private static readonly string[] Open =
    [
        "/api/exports/links/{link}", "/api/label-studio/hooks/{tenant_id}/{project_id}", "/api/webhooks/{tenant_id}/{source_id}", "/errors/{code}", "/hangfire/login", "/hangfire/login", "/hangfire/logout", "/hangfire/{**path}", "/health/live", "/health/ready", "/metrics", "/swagger/{documentName}/swagger.json",
    ];

    [Fact]
    public async Task Every_endpoint_demands_a_scope_or_is_open_on_purpose()
    {
        await using var app = Build(DataSyncRole.All);
        var endpoints = Endpoints(app);
        Assert.Equal(Open, endpoints.Where(e => e.Metadata.GetMetadata<IAllowAnonymous>() is not null).Select(e => e.RoutePattern.RawText).Order(StringComparer.Ordinal));
        var closed = endpoints.Where(e => e.Metadata.GetMetadata<IAllowAnonymous>() is null).ToList();
        Assert.True(closed.Count >= 17, $"only {closed.Count}");
        Assert.All(closed, e => Assert.Single(e.Metadata.OfType<AuthorizationPolicy>().SelectMany(p => p.Requirements).OfType<ScopeRequirement>()));
    }

    [Fact]
    public async Task Worker_has_no_endpoint_of_a_tenant()
    {
        await using var app = Build(DataSyncRole.Worker);
        Assert.DoesNotContain(Endpoints(app), e => e.RoutePattern.RawText!.StartsWith("/api", StringComparison.Ordinal));
    }

    private static WebApplication Build(DataSyncRole role)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>(StringComparer.Ordinal)
        {
            ["DATASYNC_CONNECTION"] = "Host=127.0.0.1;Username=nobody",
            ["DATASYNC_SYSTEM_CONNECTION"] = "Host=127.0.0.1;Username=nobody",
            ["DATASYNC_MASTER_KEY"] = ApiHost.MasterKey("endpoints"),
        });
        builder.Services.AddDataSync(builder.Configuration, role);
        return builder.Build().MapDataSync(role);
    }

    private static List<RouteEndpoint> Endpoints(WebApplication app)
        => [.. ((IEndpointRouteBuilder)app).DataSources.SelectMany(s => s.Endpoints).OfType<RouteEndpoint>()];
}
