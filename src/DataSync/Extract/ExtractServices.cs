using DataSync.Extract.Connectors.Api;
using DataSync.Platform.Http.Egress;
using DataSync.Platform.Resilience;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace DataSync.Extract;

/// <summary>The room where records come in. Its connectors and record sources are found by assembly scan.</summary>
internal static class ExtractServices
{
    public static IServiceCollection AddExtract(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<ExtractOptions>().Configure(o => o.Read(configuration)).ValidateOnStart();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<ExtractOptions>, ExtractOptionsValidation>());
        services.AddOptions<ApiOptions>().Configure(o => o.Read(configuration)).ValidateOnStart();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<ApiOptions>, ApiOptionsValidation>());
        return services.AddEgress(configuration).AddResilience(configuration);
    }
}
