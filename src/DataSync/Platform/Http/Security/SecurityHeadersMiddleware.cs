using Microsoft.AspNetCore.Http;

namespace DataSync.Platform.Http.Security;

/// <summary>Headers every answer carries. Answers of the API are data: no browser may run, frame, guess or keep them.</summary>
internal sealed class SecurityHeadersMiddleware(RequestDelegate next)
{
    private const string Data = "default-src 'none'; frame-ancestors 'none'";

    // both pages bring their own scripts as files, and styles inline
    private const string Page = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; "
        + "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

    public Task InvokeAsync(HttpContext context)
    {
        var headers = context.Response.Headers;
        var path = context.Request.Path;
        var isPage = path.StartsWithSegments("/swagger", StringComparison.OrdinalIgnoreCase) || path.StartsWithSegments("/hangfire", StringComparison.OrdinalIgnoreCase);
        headers.ContentSecurityPolicy = isPage ? Page : Data;
        headers.XContentTypeOptions = "nosniff";
        headers.XFrameOptions = "DENY";
        headers["Referrer-Policy"] = "same-origin";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        if (!isPage) headers.CacheControl = "no-store";
        if (context.Request.IsHttps) headers.StrictTransportSecurity = "max-age=31536000";
        return next(context);
    }
}
