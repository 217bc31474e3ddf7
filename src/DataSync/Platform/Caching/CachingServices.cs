using DataSync.Pipeline.Failures;
using DataSync.Platform.Http.Security;
using DataSync.Platform.Settings;
using Microsoft.Extensions.Caching.StackExchangeRedis;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace DataSync.Platform.Caching;

internal static class CachingServices
{
    /// <summary>The cache of tenants' configuration. It keeps nothing until the listener runs, which is a hosted service.</summary>
    public static IServiceCollection AddConfigurationCache(this IServiceCollection services, IConfiguration configuration)
    {
        List<Fault> faults = [];
        if (RedisOptions.Read(configuration, faults).Connection is { } redis)
        {
            services.AddSingleton(_ => new RedisCache(new RedisCacheOptions { ConnectionMultiplexerFactory = async () => await ConnectionMultiplexer.ConnectAsync(redis) }));
            services.AddSingleton(provider => new SecondLevel(
                provider.GetRequiredService<RedisCache>(), provider.GetRequiredService<DerivedKeys>().For("configuration-cache"),
                provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<SecondLevel>>()));
        }

        services.AddSingleton(new SettingsFaults(faults));
        services.AddSingleton<ConfigurationGenerations>();
        services.AddSingleton<ConfigurationCache>();
        services.AddHostedService<ConfigurationListener>();
        return services;
    }
}
