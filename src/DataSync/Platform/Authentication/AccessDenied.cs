using DataSync.Pipeline.Failures;
using DataSync.Platform.Audit.Requests;
using DataSync.Platform.Authentication.ApiKeys;
using DataSync.Platform.Http.Errors;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Authorization.Policy;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace DataSync.Platform.Authentication;

/// <summary>Answers 401 and 403 as problems with <c>WWW-Authenticate</c> (RFC 6750).</summary>
internal sealed class AccessDenied(ProblemWriter problems) : IAuthorizationMiddlewareResultHandler
{
    public Task HandleAsync(RequestDelegate next, HttpContext context, AuthorizationPolicy policy, PolicyAuthorizationResult authorizeResult)
    {
        // no endpoint, or one that routing made to say 405 or 415: nothing to protect, and the truth helps
        if (authorizeResult.Succeeded || context.GetEndpoint() is not RouteEndpoint) return next(context);
        var scope = policy.Requirements.OfType<ScopeRequirement>().FirstOrDefault()?.Scope;
        if (authorizeResult.Forbidden) return ForbidAsync(context, scope);
        var sent = context.Request.Headers.Authorization.Count > 0 || context.Request.Headers.ContainsKey(ApiKeyHandler.HeaderName);
        context.Response.Headers.WWWAuthenticate = sent ? "Bearer realm=\"datasync\", error=\"invalid_token\"" : "Bearer realm=\"datasync\"";
        return problems.WriteAsync(context, SyncFailure.Permanent(sent ? "errors.token.invalid" : "errors.token.missing"));
    }

    private Task ForbidAsync(HttpContext context, string? scope)
    {
        AuditFilter.Refused(context, StatusCodes.Status403Forbidden);
        context.Response.Headers.WWWAuthenticate = $"Bearer realm=\"datasync\", error=\"insufficient_scope\", scope=\"{scope}\"";
        return problems.WriteAsync(context, SyncFailure.Permanent("errors.scope.missing", ("scope", scope ?? "-")));
    }
}
