using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace DataSync.Platform.Encryption;

internal static class EncryptionServices
{
    /// <summary>A faulty setting does not throw here: <see cref="EncryptionSelfTest"/> names all faults at once before anything starts.</summary>
    public static IServiceCollection AddEncryption(this IServiceCollection services, IConfiguration configuration)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton<IKeyWrapper>(_ => new MasterKeyRing(MasterKeyParser.Parse(configuration[MasterKeyParser.Setting]).Keys));
        services.AddSingleton<DataKeyCache>();
        services.AddSingleton<TenantKeyring>();
        services.AddSingleton<DataKeyRotation>();
        services.AddSingleton<MasterKeyRotation>();
        services.AddSingleton<EncryptionSelfTest>();
        return services;
    }
}
