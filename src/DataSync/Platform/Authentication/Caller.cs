using System.Security.Claims;
using DataSync.Platform.Localization;
using Microsoft.AspNetCore.Http;

namespace DataSync.Platform.Authentication;

/// <summary>Who asks. Take it as a parameter of a handler.</summary>
/// <param name="Tenant">The token's tenant.</param>
/// <param name="Subject">The token's subject, or its client where it has none; for <c>created_by</c>.</param>
/// <param name="Language">Language of the answers, and of the job this request starts.</param>
/// <param name="Scopes">What the token is good for.</param>
/// <param name="CorrelationId">The W3C trace id.</param>
internal sealed record Caller(string Tenant, string Subject, string Language, IReadOnlySet<string> Scopes, string CorrelationId)
{
    public const string TenantClaim = "tenant_id";
    public const string ScopeClaim = "scope";

    public static ValueTask<Caller> BindAsync(HttpContext context) => ValueTask.FromResult(Of(context));

    /// <summary>The caller of an endpoint that demands a scope.</summary>
    public static Caller Of(HttpContext context) => new(
        TenantOf(context) ?? throw new InvalidOperationException("Nobody is authenticated here: the endpoint lacks RequireScope."),
        Cut(context.User.FindFirst("sub")?.Value ?? context.User.FindFirst("client_id")?.Value ?? ""),
        RequestLanguage.Of(context),
        ScopesOf(context.User),
        Http.Correlation.CorrelationId.Of(context));

    /// <summary>The tenant; null where nobody is authenticated.</summary>
    public static string? TenantOf(HttpContext context) => context.User.FindFirst(TenantClaim)?.Value;

    public static IReadOnlySet<string> ScopesOf(ClaimsPrincipal user)
        => (user.FindFirst(ScopeClaim)?.Value.Split(' ', StringSplitOptions.RemoveEmptyEntries) ?? []).ToHashSet(StringComparer.Ordinal);

    /// <summary>An issuer may make subjects of any length; <c>created_by</c> holds 255 characters, and none of them half a pair or NUL.</summary>
    private static string Cut(string subject)
    {
        subject = subject.Replace('\0', '\u2400');
        return subject.Length <= 255 ? subject : subject[..(char.IsHighSurrogate(subject[254]) ? 254 : 255)];
    }
}
