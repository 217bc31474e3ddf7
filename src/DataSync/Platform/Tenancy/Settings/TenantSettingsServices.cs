using DataSync.Platform.Tenancy.Regions;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace DataSync.Platform.Tenancy.Settings;

internal static class TenantSettingsServices
{
    /// <summary>What holds for one tenant. Needs the cache of the configuration and the languages.</summary>
    public static IServiceCollection AddTenantSettings(this IServiceCollection services, IConfiguration configuration)
        => services.AddRegions(configuration).AddSingleton<TenantSettingsStore>().AddSingleton<TenantSettingsAtHand>().AddSingleton<TenantLanguage>();
}
