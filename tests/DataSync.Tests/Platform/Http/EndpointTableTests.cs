using DataSync.Platform.Audit.Requests;
using DataSync.Platform.Authentication;
using DataSync.Platform.Http.Requests;
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

    /// <summary>No GET, and yet nothing that is kept is read or changed: they work on what the request brings. A new one must be put here by somebody.</summary>
    private static readonly string[] Unaudited = ["POST /api/exports/validate", "POST /api/rules/test", "POST /api/sync/route-test"];

    /// <summary>What shows records, or uses a customer's system, and changes nothing.</summary>
    private static readonly string[] Accesses =
    [
        "GET /api/audit", "GET /api/audit/export", "GET /api/exports/links/{link}", "GET /api/sources/{source_id}/schema", "GET /api/sources/{source_id}/tracking", "GET /api/sync/jobs/{job_id}/enrichments",
        "GET /api/sync/jobs/{job_id}/exports/{name}", "GET /api/sync/jobs/{job_id}/records", "GET /api/sync/jobs/{job_id}/rejections", "GET /api/sync/jobs/{job_id}/rejections/{seq}",
        "POST /api/alert-channels/{channel_id}/test", "POST /api/label-studio/projects/{project_id}/test", "POST /api/privacy/subjects/export", "POST /api/privacy/subjects/preview", "POST /api/sources/{source_id}/preview", "POST /api/sources/{source_id}/test", "POST /api/sync/jobs/{job_id}/exports/{name}/link",
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
    public async Task Every_endpoint_of_the_api_says_what_it_leaves_in_the_audit_log_or_why_nothing()
    {
        await using var app = Build(DataSyncRole.All);
        var api = Endpoints(app).Where(e => e.Metadata.GetMetadata<ApiEndpoint>() is not null).Select(e => (
            Route: $"{e.Metadata.GetMetadata<IHttpMethodMetadata>()!.HttpMethods.Single()} {e.RoutePattern.RawText!.TrimEnd('/')}", Parts: e.RoutePattern.Parameters.Select(p => p.Name).ToList(), Said: e.Metadata.GetMetadata<AuditedRoute>())).ToList();
        Assert.DoesNotContain(api, e => e.Said is null);
        Assert.Equal(Unaudited, api.Where(e => e.Said!.Kind == AuditKind.None && !e.Route.StartsWith("GET ", StringComparison.Ordinal)).Select(e => e.Route).Order(StringComparer.Ordinal));
        Assert.Equal(Accesses, api.Where(e => e.Said!.Kind == AuditKind.Access).Select(e => e.Route).Order(StringComparer.Ordinal));
        Assert.All(api, e => Assert.True((e.Said!.Target is null || e.Parts.Contains(e.Said.Target)) && (e.Said.Part is null || e.Parts.Contains(e.Said.Part)), e.Route));

        // What is not in a group of the API, and is no GET: each known by name. The dashboard changes nothing; who comes into it is told of.
        Assert.Equal(
            ["POST /api/label-studio/hooks/{tenant_id}/{project_id}", "POST /api/webhooks/{tenant_id}/{source_id}", "POST /hangfire/login", "POST /hangfire/logout"],
            Endpoints(app).Where(e => e.Metadata.GetMetadata<ApiEndpoint>() is null)
                .SelectMany(e => (e.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods ?? []).Where(m => m is not ("GET" or "HEAD")).Select(m => $"{m} {e.RoutePattern.RawText}"))
                .Where(r => !r.Contains("{**path}", StringComparison.Ordinal)).Order(StringComparer.Ordinal));
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
