using DataSync.Pipeline.Failures;
using DataSync.Platform.Http.Errors;
using DataSync.Platform.Http.OpenApi;
using DataSync.Platform.Http.Requests;
using DataSync.Platform.Persistence;
using DataSync.Platform.Tenancy.Regions;
using DataSync.Refine.LabelStudio.Projects;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace DataSync.Refine.LabelStudio.Hooks;

/// <summary>
/// <c>POST /api/label-studio/hooks/{tenant_id}/{project_id}</c>: Label Studio says that something has happened. It waits a second at most, signs nothing and never
/// repeats, so this is a hint and nothing more: the body is not even read, and what is true is asked of the server.
/// </summary>
internal static class HookEndpoint
{
    public static void MapHook(this IEndpointRouteBuilder endpoints)
    {
        var hooks = endpoints.ServiceProvider.GetRequiredService<HookReceiver>();
        endpoints.MapPost("/api/label-studio/hooks/{tenant_id}/{project_id}", (Delegate)((HttpContext http) => hooks.ReceiveAsync(http)))
            .AllowAnonymous().WithTags("Label Studio")
            .WithMetadata(new PathParameterShape("tenant_id", "The tenant, as an id in a URL."), new PathParameterShape("project_id", "The project's number at its Label Studio."))
            .WithApi(
                "Take a hint from Label Studio",
                $"For webhooks of Label Studio, with the project's secret in the header `{HookSecret.Header}`; no token. Jobs that wait for the project's annotations look sooner. "
                + "Nothing of the body is read or kept.",
                status: StatusCodes.Status202Accepted)
            .WithRefusals((401, "No secret, a wrong one, or a project that does not exist: one answer for all."), (429, "Too many requests of this address, or of all that show no token; see `Retry-After`."), (500, "A mistake on our side."), (503, "Our own database does not answer."));
    }
}

/// <summary>Judges a hint and passes it on.</summary>
internal sealed class HookReceiver(ProjectStore projects, HookWake wake, TenantRegions regions, ProblemWriter problems)
{
    public async Task ReceiveAsync(HttpContext http)
    {
        if (http.Request.Headers[HookSecret.Header] is not [{ } shown] || !HookSecret.IsOne(shown)
            || RouteId.Read(http, "tenant_id").Value is not { Length: > 0 } tenant || ProjectNumber.Read(http) is not { Value: > 0 and var number })
        {
            await problems.WriteAsync(http, SyncFailure.Permanent("errors.webhook.refused"));
            return;
        }

        try
        {
            var project = await projects.FindAsync(tenant, number, http.RequestAborted);
            if (!HookSecret.Matches(shown, project?.HookDigest) || !await regions.IsHereAsync(tenant, http.RequestAborted))
            {
                await problems.WriteAsync(http, SyncFailure.Permanent("errors.webhook.refused"));
                return;
            }

            await wake.WakeAsync(tenant, number, http.RequestAborted);
        }
        catch (Exception e) when (DatabaseUnavailable.Caused(e))
        {
            await problems.WriteAsync(http, DatabaseUnavailable.Failure);
            return;
        }

        http.Response.StatusCode = StatusCodes.Status202Accepted;
    }
}
