using System.Globalization;
using DataSync.Platform.Audit.Requests;
using DataSync.Platform.Authentication;
using DataSync.Platform.Http.Errors;
using DataSync.Platform.Http.OpenApi;
using DataSync.Platform.Http.Paging;
using DataSync.Platform.Http.Requests;
using DataSync.Platform.Localization;
using DataSync.Refine.LabelStudio.Api;
using DataSync.Refine.LabelStudio.Hooks;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Options;

namespace DataSync.Refine.LabelStudio.Projects;

[ApiTag("Label Studio", "The projects in which people annotate records.")]
internal static class ProjectEndpoints
{
    private const string Example = """
        {"project_id":12,"server":"own","base_url":"https://labels.example.com/","api_key":"***","has_hook":true,"version":1,"created_by":"alice",
         "created_at":"2026-01-31T08:00:00Z","updated_at":"2026-01-31T08:00:00Z"}
        """;

    public static IEndpointRouteBuilder MapLabelStudio(this IEndpointRouteBuilder endpoints)
    {
        var projects = endpoints.MapApiGroup("/api/label-studio/projects", "Label Studio");
        projects.MapGet("", ListAsync).RequireScope(ApiScope.SyncRead).NotAudited("Projects are shown without their keys.").WithApi(
            "List the projects that jobs may send to", "By their numbers, page by page. Keys never come back.", response: $$"""{"items":[{{Example}}],"next_cursor":null}""");
        projects.MapGet("{project_id}", GetAsync).RequireScope(ApiScope.SyncRead).NotAudited("A project is shown without its key.").WithApi("Show a project", "404 for one that is not the tenant's.", response: Example);
        projects.MapPut("{project_id}", ReplaceAsync).RequireScope(ApiScope.SourcesWrite).AuditsChange("project.replace", "project", "project_id").WithApi(
            "Use a project of the tenant's own Label Studio",
            "The key (a legacy token or a personal access token) is sealed and never comes back; sent as `***` with the same address, the stored one is kept. "
            + "https, unless the operator excepts the host; and only where the operator lets this installation connect.",
            """{"base_url":"https://labels.example.com","api_key":"0123456789abcdef0123456789abcdef01234567"}""", Example);
        projects.MapPut("{project_id}/binding", BindAsync).RequireScope(ApiScope.Operator).AuditsChange("project.bind", "project", "project_id").WithApi(
            "Bind a project of the operator's Label Studio to the token's tenant", "Without it no job of the tenant reaches the project, whatever its number.", response: Example);
        projects.MapDelete("{project_id}", DeleteAsync).RequireScope(ApiScope.SourcesWrite).AuditsChange("project.delete", "project", "project_id").WithApi(
            "Forget a project", "What is at its server stays there. A job that waits for its annotations fails at its next look.", status: StatusCodes.Status204NoContent);
        projects.MapPost("{project_id}/test", TestAsync).RequireScope(ApiScope.SourcesWrite).AuditsAccess("project.test", "project", "project_id").WithApi(
            "Test the way to a project",
            "All checks at once, within 30 seconds: whether the stored key opens, the server answers, the key is taken, and the project is seen with it. 200 also if some fail: see `passed`. "
            + "`details` shows what a check saw: edition and release; whom the key belongs to, of a server of the tenant's own; the project's title. 404 for a project that is not the tenant's.",
            response: """
                {"project_id":12,"server":"own","passed":false,"checks":[{"name":"server","outcome":"passed","milliseconds":12.3,"error_code":null,"message_key":null,"message":null,
                 "details":{"edition":"Community","release":"1.20.0"}},{"name":"login","outcome":"failed","milliseconds":8.1,"error_code":"SYNC_250","message_key":"errors.label_studio.authentication",
                 "message":"…","details":{"host":"labels.example.com","status":401}}]}
                """);
        projects.MapPost("{project_id}/hook", NewHookAsync).RequireScope(ApiScope.SourcesWrite).AuditsChange("project.hook", "project", "project_id").WithApi(
            "Give the project's webhook a new secret",
            "Told this once; the one before is good for nothing from here on. Register `path` below this server's address in Label Studio, with the header; `send_payload` may be off.",
            response: """{"path":"/api/label-studio/hooks/acme/12","header":"X-DataSync-Secret","secret":"q3vQe0c1d5kq3n0Yw1rYqfUQ2cDk0l0tJ0m8x3b5Z9s"}""");
        endpoints.MapHook();
        return endpoints;
    }

    [Answers<Page<ProjectAnswer>>]
    private static async Task<IResult> ListAsync(Query<ProjectListQuery> query, Caller caller, ProjectStore store, CursorCodec cursors, CancellationToken ct)
    {
        var page = query.Value.Page;
        var after = page.After is [var last] ? long.Parse(last, CultureInfo.InvariantCulture) : 0;
        var found = await store.ListAsync(caller.Tenant, after, page.Fetch, ct);
        return TypedResults.Ok(cursors.Page(caller, page, [.. found.Select(ProjectAnswer.Of)], p => [p.ProjectId.ToString(CultureInfo.InvariantCulture)]));
    }

    [Answers<ProjectAnswer>]
    private static async Task<IResult> GetAsync(ProjectNumber projectId, Caller caller, ProjectStore store, CancellationToken ct)
        => TypedResults.Ok(ProjectAnswer.Of(await store.FindAsync(caller.Tenant, projectId.Value, ct) ?? throw ProjectFailure.NotBound(projectId.Value)));

    [Answers<ProjectAnswer>]
    private static async Task<IResult> ReplaceAsync(
        ProjectNumber projectId, Body<OwnServerBody> body, Caller caller, ProjectStore store, IOptions<LabelStudioOptions> options, CancellationToken ct)
    {
        if (projectId.Value == 0) throw ProjectFailure.NotBound(0);
        if (!LabelStudioServer.TryReadUrl(body.Value.BaseUrl, out var url)) throw ProjectFailure.Invalid("base_url", "faults.label_studio_url");
        if (url.Scheme != Uri.UriSchemeHttps && !options.Value.IsTlsException(url)) throw ProjectFailure.Invalid("base_url", "faults.label_studio_tls");
        if (body.Value.ApiKey.Any(c => c is <= ' ' or > '~')) throw ProjectFailure.Invalid("api_key", "faults.label_studio_key");
        return TypedResults.Ok(ProjectAnswer.Of(await store.ReplaceAsync(caller.Tenant, projectId.Value, url, body.Value.ApiKey, caller.Subject, ct)));
    }

    [Answers<ProjectAnswer>]
    private static async Task<IResult> BindAsync(ProjectNumber projectId, Caller caller, ProjectStore store, CancellationToken ct)
        => projectId.Value == 0 ? throw ProjectFailure.NotBound(0) : TypedResults.Ok(ProjectAnswer.Of(await store.BindOperatorsAsync(caller.Tenant, projectId.Value, caller.Subject, ct)));

    private static async Task<IResult> DeleteAsync(ProjectNumber projectId, Caller caller, ProjectStore store, CancellationToken ct)
        => await store.DeleteAsync(caller.Tenant, projectId.Value, ct) ? TypedResults.NoContent() : throw ProjectFailure.NotBound(projectId.Value);

    [Answers<ProjectTestAnswer>]
    private static async Task<IResult> TestAsync(ProjectNumber projectId, Caller caller, ProjectProbe probe, ErrorCatalogue catalogue, Messages messages, CancellationToken ct)
    {
        var project = await probe.FindAsync(caller.Tenant, projectId.Value, ct) ?? throw ProjectFailure.NotBound(projectId.Value);
        return TypedResults.Ok(ProjectTestAnswer.Of(project, await probe.TestAsync(project, ct), catalogue, messages, caller.Language));
    }

    [Answers<HookAnswer>]
    private static async Task<IResult> NewHookAsync(ProjectNumber projectId, Caller caller, ProjectStore store, CancellationToken ct)
    {
        var secret = await store.NewHookAsync(caller.Tenant, projectId.Value, ct) ?? throw ProjectFailure.NotBound(projectId.Value);
        var path = string.Create(CultureInfo.InvariantCulture, $"/api/label-studio/hooks/{UrlId.Encode(caller.Tenant)}/{projectId.Value}");
        return TypedResults.Ok(new HookAnswer(path, HookSecret.Header, secret));
    }
}
