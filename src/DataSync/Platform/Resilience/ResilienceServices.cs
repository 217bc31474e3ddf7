using DataSync.Platform.Settings;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace DataSync.Platform.Resilience;

internal static class ResilienceServices
{
    /// <summary>Adds the retry of transient failures, and limits that machines share.</summary>
    public static IServiceCollection AddResilience(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddValidated<RetryOptions, RetryOptionsValidation>(o => o.Read(configuration));
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<TransientRetry>();
        services.TryAddSingleton<SharedRateLimit>();
        return services;
    }
}
