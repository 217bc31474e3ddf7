using System.Diagnostics.Metrics;
using DataSync.Platform.Caching;
using DataSync.Platform.Monitoring;
using DataSync.Platform.Tenancy;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;

namespace DataSync.Tests.Platform.Caching;

/// <summary>The cache without a database: it keeps what is made of texts, and knows no tenant's generation.</summary>
internal static class MemoryOnlyCache
{
    public static ConfigurationCache New()
    {
        var meters = new ServiceCollection().AddMetrics().BuildServiceProvider().GetRequiredService<IMeterFactory>();
        return new ConfigurationCache(new ConfigurationGenerations(new TenantDatabase(null!, null!), TimeProvider.System), new SyncTelemetry(meters), NullLoggerFactory.Instance);
    }
}
