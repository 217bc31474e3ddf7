using DataSync.Platform.Authentication.ApiKeys;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.AspNetCore.Authorization;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace DataSync.Platform.Authentication;

internal static class AuthenticationServices
{
    /// <summary>The scheme of every endpoint: by what a request shows, a token's or a key's.</summary>
    private const string TokenOrKey = "TokenOrKey";

    /// <summary>Registers bearer tokens, API keys and scopes; what no endpoint opens is closed.</summary>
    public static IServiceCollection AddTokenAuthentication(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<TokenOptions>().Configure(o => TokenOptions.Read(o, configuration)).ValidateOnStart();
        services.AddSingleton<IValidateOptions<TokenOptions>, TokenOptionsValidator>();
        services.AddSingleton<IConfigureOptions<JwtBearerOptions>, BearerValidation>();
        if (configuration["DATASYNC_JWT_AUTHORITY"] is { Length: > 0 } authority) services.AddIssuer(authority);
        services.AddAuthentication(TokenOrKey)
            .AddPolicyScheme(TokenOrKey, null, o => o.ForwardDefaultSelector = context => ApiKeyHandler.IsPresented(context.Request) ? ApiKeyHandler.SchemeName : JwtBearerDefaults.AuthenticationScheme)
            .AddScheme<AuthenticationSchemeOptions, ApiKeyHandler>(ApiKeyHandler.SchemeName, null)
            .AddJwtBearer()
            .AddJwtBearer(BearerValidation.LoginScheme, _ => { });
        services.AddAuthorizationBuilder()
            .SetFallbackPolicy(new AuthorizationPolicyBuilder().RequireAuthenticatedUser().RequireAssertion(_ => false).Build());
        services.AddSingleton<IAuthorizationMiddlewareResultHandler, AccessDenied>();
        services.AddSingleton<OperatorCookie>();
        return services;
    }

    private static void AddIssuer(this IServiceCollection services, string authority)
    {
        services.AddSingleton(_ => new IssuerClient(authority));
        services.AddSingleton(provider => new IssuerKeys(
            provider.GetRequiredService<IssuerClient>().FetchAsync, provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<IssuerKeys>>()));
    }
}
