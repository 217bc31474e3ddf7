using Microsoft.Extensions.DependencyInjection;

namespace DataSync.Platform.Tenancy.Settings;

internal static class TenantSettingsServices
{
    /// <summary>What holds for one tenant. Needs the cache of the configuration and the languages.</summary>
    public static IServiceCollection AddTenantSettings(this IServiceCollection services) => services.AddSingleton<TenantSettingsStore>().AddSingleton<TenantSettingsAtHand>().AddSingleton<TenantLanguage>();
}
