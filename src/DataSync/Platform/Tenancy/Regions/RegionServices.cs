using DataSync.Pipeline.Failures;
using DataSync.Platform.Settings;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace DataSync.Platform.Tenancy.Regions;

internal static class RegionServices
{
    /// <summary>Where tenants are stored.</summary>
    public static IServiceCollection AddRegions(this IServiceCollection services, IConfiguration configuration)
    {
        List<Fault> faults = [];
        services.AddSingleton(RegionOptions.Read(configuration, faults));
        services.AddSingleton(new SettingsFaults(faults));
        return services.AddSingleton<TenantRegions>().AddSingleton<RegionMove>();
    }
}
