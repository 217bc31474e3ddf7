using System.Security.Claims;
using DataSync.Pipeline.Failures;
using DataSync.Platform.Audit.Requests;
using DataSync.Platform.Http.Errors;
using DataSync.Platform.Localization;
using DataSync.Platform.Tenancy.Regions;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace DataSync.Platform.Authentication;

/// <summary>The way into the dashboard: a token for a cookie. Who comes and goes is in the audit log of the token's tenant.</summary>
internal static class OperatorLoginEndpoints
{
    public static void MapOperatorLogin(this IEndpointRouteBuilder endpoints)
    {
        var group = endpoints.MapGroup("/hangfire").AllowAnonymous().ExcludeFromDescription();
        group.MapGet("/login", (HttpContext context, Messages messages) => OperatorLoginPage.Show(context, messages));
        group.MapPost("/login", LoginAsync).AddEndpointFilter(new AuditFilter()).AuditsAccess("operator.login", "dashboard");
        group.MapPost("/logout", Logout).AddEndpointFilter(new AuditFilter()).AuditsAccess("operator.logout", "dashboard");
    }

    private static async Task<IResult> LoginAsync(HttpContext context, Messages messages, OperatorCookie cookie)
    {
        if (!IsSameOrigin(context.Request)) return Problem.From(SyncFailure.Permanent("errors.login.cross_site"));
        var token = context.Request.HasFormContentType ? (await context.Request.ReadFormAsync(context.RequestAborted))["token"].ToString().Trim() : "";
        context.Features.Set(new PostedToken(token));
        var result = await context.AuthenticateAsync(BearerValidation.LoginScheme);
        if (!result.Succeeded) return OperatorLoginPage.Show(context, messages, "login.invalid");
        var tenant = result.Principal.FindFirst(Caller.TenantClaim)!.Value;
        if (context.RequestServices.GetService<TenantRegions>() is { } regions && !await regions.IsHereAsync(tenant, context.RequestAborted)) return OperatorLoginPage.Show(context, messages, "login.elsewhere");
        AuditTrail.By(tenant, result.Principal.FindFirst("sub")?.Value, result.Principal.FindFirst("client_id")?.Value);
        if (!Caller.ScopesOf(result.Principal).Contains(ApiScope.Operator)) return OperatorLoginPage.Show(context, messages, "login.not_operator");
        return new Entry(cookie, result.Principal, result.Properties.ExpiresUtc ?? DateTimeOffset.MinValue);
    }

    private static IResult Logout(HttpContext context, OperatorCookie cookie)
    {
        if (!IsSameOrigin(context.Request)) return Problem.From(SyncFailure.Permanent("errors.login.cross_site"));
        if (cookie.HolderOf(context) is var (tenant, subject)) AuditTrail.By(tenant, subject);
        OperatorCookie.Remove(context);
        return Results.Redirect("/hangfire/login");
    }

    /// <summary>
    /// Browsers name the page a form is posted from; another site's form must not log anybody in or out. Where they judge it themselves, that counts: the names that they compare are those of the address they called, which
    /// behind a proxy that ends TLS are not ours.
    /// </summary>
    private static bool IsSameOrigin(HttpRequest request)
    {
        var site = request.Headers["Sec-Fetch-Site"].ToString();
        if (site.Length > 0) return site is "same-origin" or "none";
        var origin = request.Headers.Origin.ToString();
        return origin.Length == 0 || string.Equals(origin, $"{request.Scheme}://{request.Host}", StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>The cookie and the way to the dashboard. It is not made before the audit log has the entry.</summary>
    private sealed class Entry(OperatorCookie cookie, ClaimsPrincipal user, DateTimeOffset tokenExpires) : IResult
    {
        public Task ExecuteAsync(HttpContext httpContext)
        {
            cookie.Issue(httpContext, user, tokenExpires);
            return Results.Redirect(OperatorCookie.Path).ExecuteAsync(httpContext);
        }
    }
}
