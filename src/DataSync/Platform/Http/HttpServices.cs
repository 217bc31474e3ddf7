using DataSync.Platform.Authentication;
using DataSync.Platform.Http.Errors;
using DataSync.Platform.Http.Json;
using DataSync.Platform.Http.OpenApi;
using DataSync.Platform.Http.Paging;
using DataSync.Platform.Http.RateLimits;
using DataSync.Platform.Http.Security;
using DataSync.Platform.Localization;
using DataSync.Platform.Monitoring;
using DataSync.Platform.Settings;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace DataSync.Platform.Http;

internal static class HttpServices
{
    /// <summary>
    /// Registers the floor under every endpoint. Besides the settings it needs <see cref="Idempotency.IdempotencyStore"/> where an endpoint uses
    /// <c>WithIdempotency</c>, and <c>AddTelemetry</c> for <c>/metrics</c>.
    /// </summary>
    public static IServiceCollection AddPlatformHttp(this IServiceCollection services, IConfiguration configuration)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.AddLocalizedMessages(configuration);
        services.AddSingleton(_ => ErrorCatalogue.Load());
        services.AddSingleton<ProblemWriter>();
        services.AddSingleton<CursorCodec>();
        var settings = new SettingsReader(configuration);
        services.AddSingleton(RequestEncodings.Read(settings));
        services.AddSingleton(ObserverAllowList.Read(settings));
        services.AddSingleton(new SettingsFaults(settings.Faults));
        services.AddOptions<MasterKeyOptions>().Configure(o => o.Value = configuration["DATASYNC_MASTER_KEY"]).ValidateOnStart();
        services.AddSingleton<IValidateOptions<MasterKeyOptions>, MasterKeyOptionsValidator>();
        services.AddSingleton(provider => new DerivedKeys(MasterKeyOptions.Keys(provider.GetRequiredService<IOptions<MasterKeyOptions>>().Value.Value)!));
        services.AddSingleton<IConfigureOptions<KestrelServerOptions>, KestrelLimits>();
        services.Configure<JsonOptions>(o => AnswerJson.Configure(o.SerializerOptions));
        services.Configure<RouteHandlerOptions>(o => o.ThrowOnBadRequest = true);
        services.AddTokenAuthentication(configuration);
        services.AddRateLimits(configuration);
        services.AddHealth();
        services.AddApiDocument();
        return services;
    }
}
