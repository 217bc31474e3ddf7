using System.Net;
using DataSync.Platform.Settings;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace DataSync.Platform.Http.Egress;

internal static class EgressServices
{
    /// <summary>Adds the address policy that every connection made for a tenant goes through.</summary>
    public static IServiceCollection AddEgress(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddValidated<EgressOptions, EgressOptionsValidation>(o => o.Allow = configuration[EgressOptions.AllowSetting] ?? "");
        services.TryAddSingleton<NameResolution>(static async (host, ct) => await Dns.GetHostAddressesAsync(host, ct));
        services.TryAddSingleton<EgressPolicy>();
        return services;
    }
}
