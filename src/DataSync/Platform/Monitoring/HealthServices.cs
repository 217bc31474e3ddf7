using Microsoft.Extensions.DependencyInjection;

namespace DataSync.Platform.Monitoring;

internal static class HealthServices
{
    /// <summary>Registers what <c>/health</c> and <c>/metrics</c> stand on; rooms add their <see cref="IReadinessCheck"/>s themselves.</summary>
    public static IServiceCollection AddHealth(this IServiceCollection services)
    {
        services.AddSingleton<Readiness>();
        return services;
    }
}
