using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace DataSync.Platform.Resilience;

internal static class ResilienceServices
{
    /// <summary>Adds the retry of transient failures, and limits that machines share.</summary>
    public static IServiceCollection AddResilience(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<RetryOptions>().Configure(o => o.Read(configuration)).ValidateOnStart();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<RetryOptions>, RetryOptionsValidation>());
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<TransientRetry>();
        services.TryAddSingleton<SharedRateLimit>();
        return services;
    }
}
