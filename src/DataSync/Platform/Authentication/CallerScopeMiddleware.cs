using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace DataSync.Platform.Authentication;

/// <summary>Names the tenant in every log line of its request.</summary>
internal sealed class CallerScopeMiddleware(RequestDelegate next, ILogger<CallerScopeMiddleware> logger)
{
    public async Task InvokeAsync(HttpContext context)
    {
        if (Caller.TenantOf(context) is not { } tenant)
        {
            await next(context);
            return;
        }

        using (logger.BeginScope(new Dictionary<string, object>(StringComparer.Ordinal) { ["tenant_id"] = tenant })) await next(context);
    }
}
