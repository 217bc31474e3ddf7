using DataSync.Pipeline.Failures;
using DataSync.Platform.Http.Errors;
using DataSync.Platform.Localization;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace DataSync.Platform.Authentication;

/// <summary>The way into the dashboard: a token for a cookie.</summary>
internal static class OperatorLoginEndpoints
{
    public static void MapOperatorLogin(this IEndpointRouteBuilder endpoints)
    {
        var group = endpoints.MapGroup("/hangfire").AllowAnonymous().ExcludeFromDescription();
        group.MapGet("/login", (HttpContext context, Messages messages) => OperatorLoginPage.Show(context, messages));
        group.MapPost("/login", LoginAsync);
        group.MapPost("/logout", Logout);
    }

    private static async Task<IResult> LoginAsync(HttpContext context, Messages messages, OperatorCookie cookie)
    {
        if (!IsSameOrigin(context.Request)) return Problem.From(SyncFailure.Permanent("errors.login.cross_site"));
        var token = context.Request.HasFormContentType ? (await context.Request.ReadFormAsync(context.RequestAborted))["token"].ToString().Trim() : "";
        context.Features.Set(new PostedToken(token));
        var result = await context.AuthenticateAsync(BearerValidation.LoginScheme);
        if (!result.Succeeded) return OperatorLoginPage.Show(context, messages, "login.invalid");
        if (!Caller.ScopesOf(result.Principal).Contains(ApiScope.Operator)) return OperatorLoginPage.Show(context, messages, "login.not_operator");
        cookie.Issue(context, result.Principal, result.Properties.ExpiresUtc ?? DateTimeOffset.MinValue);
        return Results.Redirect(OperatorCookie.Path);
    }

    private static IResult Logout(HttpContext context)
    {
        if (!IsSameOrigin(context.Request)) return Problem.From(SyncFailure.Permanent("errors.login.cross_site"));
        OperatorCookie.Remove(context);
        return Results.Redirect("/hangfire/login");
    }

    /// <summary>Browsers name the page a form is posted from; another site's form must not log anybody in or out.</summary>
    private static bool IsSameOrigin(HttpRequest request)
    {
        var site = request.Headers["Sec-Fetch-Site"].ToString();
        if (site.Length > 0 && site is not ("same-origin" or "none")) return false;
        var origin = request.Headers.Origin.ToString();
        return origin.Length == 0 || string.Equals(origin, $"{request.Scheme}://{request.Host}", StringComparison.OrdinalIgnoreCase);
    }
}
