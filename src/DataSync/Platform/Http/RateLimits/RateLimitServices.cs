using System.Threading.RateLimiting;
using DataSync.Pipeline.Failures;
using DataSync.Platform.Authentication;
using DataSync.Platform.Http.Errors;
using DataSync.Platform.Settings;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.RateLimiting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace DataSync.Platform.Http.RateLimits;

internal static class RateLimitServices
{
    /// <summary>
    /// A bucket of tokens for each tenant: one request, one token. It lies in the memory of this process, so a tenant that speaks to several gets the
    /// limit at each of them. Requests without a tenant (health, metrics, a token that is not valid) have no bucket.
    /// </summary>
    public static IServiceCollection AddTenantRateLimits(this IServiceCollection services, IConfiguration configuration)
    {
        var settings = new SettingsReader(configuration);
        var perSecond = settings.Int("DATASYNC_RATE_LIMIT_PER_SECOND", 1000, 1, 1_000_000);
        var options = new RateLimitOptions(perSecond, settings.Int("DATASYNC_RATE_LIMIT_BURST", Math.Min(2 * perSecond, 2_000_000), perSecond, 2_000_000));
        services.AddSingleton(options);
        services.AddSingleton(new SettingsFaults(settings.Faults));
        services.AddRateLimiter(limiter =>
        {
            limiter.GlobalLimiter = PartitionedRateLimiter.Create<HttpContext, string>(context => Partition(context, options));
            limiter.OnRejected = RefuseAsync;
        });
        return services;
    }

    /// <summary>Refuses what is beyond the limit. Stands behind the authentication, which tells the tenant, and before anything that costs.</summary>
    public static IApplicationBuilder UseTenantRateLimits(this IApplicationBuilder app) => app.UseRateLimiter();

    private static RateLimitPartition<string> Partition(HttpContext context, RateLimitOptions options)
        => Caller.TenantOf(context) is { } tenant
            ? RateLimitPartition.GetTokenBucketLimiter(tenant, _ => new TokenBucketRateLimiterOptions
            {
                TokenLimit = options.Burst,
                TokensPerPeriod = options.PerSecond,
                ReplenishmentPeriod = TimeSpan.FromSeconds(1),
                QueueLimit = 0,
            })
            : RateLimitPartition.GetNoLimiter("");

    private static async ValueTask RefuseAsync(OnRejectedContext refused, CancellationToken ct)
    {
        var wait = refused.Lease.TryGetMetadata(MetadataName.RetryAfter, out var told) ? told : TimeSpan.FromSeconds(1);
        var failure = SyncFailure.Transient("errors.request.too_many") with { RetryAfter = wait };
        await refused.HttpContext.RequestServices.GetRequiredService<ProblemWriter>().WriteAsync(refused.HttpContext, failure);
    }
}
