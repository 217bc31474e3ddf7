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
    public bool Validate(HttpContext context)
    {
        if (context.Request.Cookies[Name] is not { Length: < 4096 } cookie || _signed.Open(cookie, "operator"u8) is not { } payload) return false;
        return time.GetUtcNow().ToUnixTimeSeconds() < JsonSerializer.Deserialize<Payload>(payload)!.Expires;
    }

    /// <summary>Hands the cookie to a user whose token was just checked and holds the scope.</summary>
    public void Issue(HttpContext context, ClaimsPrincipal user, DateTimeOffset tokenExpires)
    {
        var longest = time.GetUtcNow() + Longest;
        var expires = tokenExpires < longest ? tokenExpires : longest;
        var payload = new Payload(user.FindFirst("sub")?.Value ?? "", expires.ToUnixTimeSeconds());
        context.Response.Cookies.Append(Name, _signed.Sign(JsonSerializer.SerializeToUtf8Bytes(payload), "operator"u8), Options(context, expires));
    }

    public static void Remove(HttpContext context) => context.Response.Cookies.Delete(Name, Options(context, null));

    private static CookieOptions Options(HttpContext context, DateTimeOffset? expires) => new()
    {
        HttpOnly = true,
        Secure = context.Request.IsHttps,
        SameSite = SameSiteMode.Strict,
        Path = Path,
        Expires = expires,
        IsEssential = true,
    };

    private sealed record Payload(string Subject, long Expires);
}
