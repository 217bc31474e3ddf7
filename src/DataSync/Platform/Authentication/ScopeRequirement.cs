using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;

namespace DataSync.Platform.Authentication;

/// <summary>The token must hold a scope.</summary>
internal sealed class ScopeRequirement(string scope) : AuthorizationHandler<ScopeRequirement>, IAuthorizationRequirement
{
    public string Scope { get; } = scope;

    protected override Task HandleRequirementAsync(AuthorizationHandlerContext context, ScopeRequirement requirement)
    {
        if (Caller.ScopesOf(context.User).Contains(requirement.Scope)) context.Succeed(requirement);
        return Task.CompletedTask;
    }
}

internal static class ScopeEndpoints
{
    /// <summary>Lets in tokens with one of <see cref="ApiScope"/>. An endpoint with neither this nor <c>AllowAnonymous</c> lets in nobody.</summary>
    public static TBuilder RequireScope<TBuilder>(this TBuilder builder, string scope) where TBuilder : IEndpointConventionBuilder
    {
        if (!ApiScope.All.Contains(scope, StringComparer.Ordinal)) throw new ArgumentException($"There is no scope '{scope}'.", nameof(scope));
        return builder.RequireAuthorization(new AuthorizationPolicyBuilder().RequireAuthenticatedUser().AddRequirements(new ScopeRequirement(scope)).Build());
    }
}
