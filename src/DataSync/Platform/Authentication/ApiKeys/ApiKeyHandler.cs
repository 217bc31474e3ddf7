using System.Security.Claims;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace DataSync.Platform.Authentication.ApiKeys;

/// <summary>Lets in who shows a good key. Every refusal looks the same; the answer is <see cref="AccessDenied"/>'s.</summary>
internal sealed class ApiKeyHandler(IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder, ApiKeyLookup? keys = null)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
{
    /// <summary>The scheme's name.</summary>
    public const string SchemeName = "ApiKey";

    /// <summary>The header that holds a key and nothing else.</summary>
    public const string HeaderName = "X-Api-Key";

    private const string Bearer = "Bearer ";

    /// <summary>True where the request shows what may be a key.</summary>
    public static bool IsPresented(HttpRequest request)
        => request.Headers.ContainsKey(HeaderName) || (Single(request.Headers.Authorization) is { } value && IsKey(value));

    protected override async Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        if (keys is null || Presented(Request) is not { } text || !ApiKeyText.TryRead(text, out var tenant)) return AuthenticateResult.Fail("key");
        if (await keys.FindAsync(tenant, text, Context.RequestAborted) is not { } key) return AuthenticateResult.Fail("key");
        Context.Features.Set(key);
        Claim[] claims = [new(Caller.TenantClaim, tenant), new(Caller.ScopeClaim, key.Scopes), new("sub", $"api-key:{key.Id:D}")];
        var user = new ClaimsPrincipal(new ClaimsIdentity(claims, SchemeName, "sub", "none"));
        return AuthenticateResult.Success(new AuthenticationTicket(user, SchemeName));
    }

    protected override Task HandleChallengeAsync(AuthenticationProperties properties) => Task.CompletedTask;

    /// <summary>The one key shown. Who shows a key and a token, or two keys, is nobody: it would be chance whose rights hold.</summary>
    private static string? Presented(HttpRequest request)
    {
        var header = request.Headers[HeaderName];
        var authorization = request.Headers.Authorization;
        if (header.Count > 0) return authorization.Count == 0 ? Single(header) : null;
        return Single(authorization) is { } value && IsKey(value) ? value[Bearer.Length..].Trim() : null;
    }

    private static bool IsKey(string value) => value.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase) && value.AsSpan(Bearer.Length).TrimStart().StartsWith(ApiKeyText.Prefix, StringComparison.Ordinal);

    private static string? Single(Microsoft.Extensions.Primitives.StringValues values) => values.Count == 1 ? values[0] : null;
}
