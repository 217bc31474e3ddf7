using Microsoft.Extensions.DependencyInjection;

namespace DataSync.Platform.Tenancy.Settings;

internal static class TenantSettingsServices
{
    /// <summary>What a tenant sets for itself. Needs the cache of the configuration and the languages.</summary>
    public static IServiceCollection AddTenantSettings(this IServiceCollection services) => services.AddSingleton<TenantSettingsStore>().AddSingleton<TenantLanguage>();
}
