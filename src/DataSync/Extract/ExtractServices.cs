using DataSync.Extract.Connectors.Api;
using DataSync.Platform.Http.Egress;
using DataSync.Platform.Resilience;
using DataSync.Platform.Settings;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace DataSync.Extract;

/// <summary>The room where records come in. Its connectors and record sources are found by assembly scan.</summary>
internal static class ExtractServices
{
    public static IServiceCollection AddExtract(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddValidated<ExtractOptions, ExtractOptionsValidation>(o => o.Read(configuration));
        services.AddValidated<ApiOptions, ApiOptionsValidation>(o => o.Read(configuration));
        return services.AddEgress(configuration).AddResilience(configuration);
    }
}
