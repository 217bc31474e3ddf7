using System.Security.Claims;
using System.Text.Json;
using DataSync.Platform.Http.Security;
using Microsoft.AspNetCore.Http;

namespace DataSync.Platform.Authentication;

/// <summary>
/// Lets an operator's browser, which cannot send a bearer token, see the dashboard. Signed with a key derived from the master key, so every API process
/// accepts it; lives eight hours or as long as the token it was got with.
/// </summary>
internal sealed class OperatorCookie(DerivedKeys keys, TimeProvider time)
{
    public const string Name = "datasync_operator";
    public const string Path = "/hangfire";

    private static readonly TimeSpan Longest = TimeSpan.FromHours(8);
    private readonly SignedPayload _signed = new(keys.For("operator-cookie/v1"));

    /// <summary>True if the request comes from an operator. The dashboard's authorisation filter asks this.</summary>
    public bool Validate(HttpContext context) => Read(context) is { } payload && time.GetUtcNow().ToUnixTimeSeconds() < payload.Expires;

    /// <summary>Whose cookie the request has, also where it has expired; null without one, or with one of an older version, which did not say.</summary>
    public (string Tenant, string? Subject)? HolderOf(HttpContext context) => Read(context) is { Tenant: { } tenant, Subject: var subject } ? (tenant, subject) : null;

    /// <summary>Hands the cookie to a user whose token was just checked and holds the scope.</summary>
    public void Issue(HttpContext context, ClaimsPrincipal user, DateTimeOffset tokenExpires)
    {
        var longest = time.GetUtcNow() + Longest;
        var expires = tokenExpires < longest ? tokenExpires : longest;
        var payload = new Payload(user.FindFirst("sub")?.Value, expires.ToUnixTimeSeconds(), user.FindFirst(Caller.TenantClaim)?.Value);
        context.Response.Cookies.Append(Name, _signed.Sign(JsonSerializer.SerializeToUtf8Bytes(payload), "operator"u8), Options(context, expires));
    }

    public static void Remove(HttpContext context) => context.Response.Cookies.Delete(Name, Options(context, null));

    private static CookieOptions Options(HttpContext context, DateTimeOffset? expires) => new()
    {
        HttpOnly = true,
        // behind a proxy that ends TLS the browser alone knows that it has one
        Secure = context.Request.IsHttps || context.Request.Headers.Origin.ToString().StartsWith("https://", StringComparison.OrdinalIgnoreCase),
        SameSite = SameSiteMode.Strict,
        Path = Path,
        Expires = expires,
        IsEssential = true,
    };

    private Payload? Read(HttpContext context)
        => context.Request.Cookies[Name] is { Length: < 4096 } cookie && _signed.Open(cookie, "operator"u8) is { } payload ? JsonSerializer.Deserialize<Payload>(payload) : null;

    private sealed record Payload(string? Subject, long Expires, string? Tenant = null);
}
