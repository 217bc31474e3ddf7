using DataSync.Platform.Authentication;
using DataSync.Platform.Localization;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace DataSync.Platform.Tenancy.Settings;

/// <summary>Has the settings of the request's tenant at hand before anything is counted, and before anything is answered in a language.</summary>
internal sealed class TenantSettingsMiddleware(RequestDelegate next)
{
    public async Task InvokeAsync(HttpContext context)
    {
        if (Caller.TenantOf(context) is { } tenant
            && context.RequestServices.GetService<TenantSettingsAtHand>() is { } known // a floor without a database has none
            && await known.OfAsync(tenant, context.RequestAborted) is { } settings)
        {
            context.Features.Set(settings);
            if (settings.Language is not null) RequestLanguage.SetTenants(context, context.RequestServices.GetRequiredService<TenantLanguage>().Of(settings));
        }

        await next(context);
    }
}
