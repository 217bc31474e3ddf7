using DataSync.Platform.Encryption;
using DataSync.Sources.Slots;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace DataSync.Sources;

internal static class SourcesServices
{
    public static IServiceCollection AddSources(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddSingleton<ConnectorCatalog>();
        services.AddSingleton<CredentialOpener>();
        services.AddSingleton<SourceReader>();
        services.AddSingleton<SourceStore>();
        services.AddSingleton<SourceAccess>();
        services.AddSingleton<SourceSaving>();
        services.AddSingleton<SourceStates>();
        services.AddSingleton<SourceRelease>();
        services.AddSingleton<SourceRemoval>();
        services.AddSingleton<SlotUse>();
        services.AddSingleton<SlotReleases>();
        services.AddSingleton<SourceCache>();
        services.AddSingleton<SourceValidation>();
        services.AddSingleton<SourceProbe>();
        services.AddSingleton<ISealedStore, SealedSources>().AddSingleton<ISealedStore, SealedReleases>();
        return services;
    }
}
