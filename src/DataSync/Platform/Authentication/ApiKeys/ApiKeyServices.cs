using DataSync.Platform.Settings;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace DataSync.Platform.Authentication.ApiKeys;

/// <summary>How long keys may be good for.</summary>
/// <param name="MaxDays"><c>DATASYNC_API_KEY_MAX_DAYS</c>: from their making on.</param>
internal sealed record ApiKeyOptions(int MaxDays);

internal static class ApiKeyServices
{
    /// <summary>Keys of machines, beside tokens. Needs the database; where this was not called, no key opens.</summary>
    public static IServiceCollection AddApiKeys(this IServiceCollection services, IConfiguration configuration)
    {
        var settings = new SettingsReader(configuration);
        services.AddSingleton(new ApiKeyOptions(settings.Int("DATASYNC_API_KEY_MAX_DAYS", 365, 1, 3650)));
        services.AddSingleton(new SettingsFaults(settings.Faults));
        return services.AddSingleton<ApiKeyStore>().AddSingleton<ApiKeyLookup>();
    }
}
