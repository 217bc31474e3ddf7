using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace DataSync.Platform.Localization;

/// <summary>The language of a request: the token's <c>language</c> claim, else <c>Accept-Language</c>, else en-US.</summary>
internal static class RequestLanguage
{
    public static string Of(HttpContext context)
    {
        var available = context.RequestServices.GetRequiredService<Messages>().Languages;
        return LanguagePreference.Match(context.User.FindFirst("language")?.Value, available)
            ?? LanguagePreference.FromHeader(context.Request.Headers.AcceptLanguage.ToString(), available)
            ?? Messages.FallbackLanguage;
    }
}
