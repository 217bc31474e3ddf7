using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace DataSync.Platform.Localization;

/// <summary>The language of a request: the token's <c>language</c> claim, else <c>Accept-Language</c>, else the tenant's, else en-US.</summary>
internal static class RequestLanguage
{
    private static readonly object Tenants = new();

    public static string Of(HttpContext context) => Wished(context) ?? context.Items[Tenants] as string ?? Messages.FallbackLanguage;

    /// <summary>The one of our languages that the request itself asks for, if any.</summary>
    public static string? Wished(HttpContext context)
    {
        var available = context.RequestServices.GetRequiredService<Messages>().Languages;
        return LanguagePreference.Match(context.User.FindFirst("language")?.Value, available)
            ?? LanguagePreference.FromHeader(context.Request.Headers.AcceptLanguage.ToString(), available);
    }

    /// <summary>What the tenant chose for requests that ask for none.</summary>
    public static void SetTenants(HttpContext context, string? language) => context.Items[Tenants] = language;
}
