using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.AspNetCore.Authorization;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace DataSync.Platform.Authentication;

internal static class AuthenticationServices
{
    /// <summary>Registers bearer tokens and scopes; what no endpoint opens is closed.</summary>
    public static IServiceCollection AddTokenAuthentication(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<TokenOptions>().Configure(o => TokenOptions.Read(o, configuration)).ValidateOnStart();
        services.AddSingleton<IValidateOptions<TokenOptions>, TokenOptionsValidator>();
        services.AddSingleton<IConfigureOptions<JwtBearerOptions>, BearerValidation>();
        services.AddAuthentication(JwtBearerDefaults.AuthenticationScheme)
            .AddJwtBearer()
            .AddJwtBearer(BearerValidation.LoginScheme, _ => { });
        services.AddAuthorizationBuilder()
            .SetFallbackPolicy(new AuthorizationPolicyBuilder().RequireAuthenticatedUser().RequireAssertion(_ => false).Build());
        services.AddSingleton<IAuthorizationMiddlewareResultHandler, AccessDenied>();
        services.AddSingleton<OperatorCookie>();
        return services;
    }
}
