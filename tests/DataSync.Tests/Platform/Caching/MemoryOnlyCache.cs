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
    /// <summary>One for all: every further one's instruments would stay in the process, and each host that a test starts listens to all there are.</summary>
    private static readonly SyncTelemetry Telemetry = new(new ServiceCollection().AddMetrics().BuildServiceProvider().GetRequiredService<IMeterFactory>());

    public static ConfigurationCache New()
        => new(new ConfigurationGenerations(new TenantDatabase(null!, null!), TimeProvider.System), Telemetry, NullLoggerFactory.Instance);
}
