using System.Threading.RateLimiting;
using DataSync.Pipeline.Failures;
using DataSync.Platform.Authentication;
using DataSync.Platform.Http.Errors;
using DataSync.Platform.Settings;
using DataSync.Platform.Tenancy.Settings;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.RateLimiting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace DataSync.Platform.Http.RateLimits;

internal static class RateLimitServices
{
    /// <summary>
    /// A bucket of tokens for each tenant, its own size where the operator set one: one request, one token. It lies in the memory of this process, so a tenant that speaks to several gets the
    /// limit at each of them. Requests without a tenant have limits by address and altogether (<see cref="AnonymousLimits"/>).
    /// </summary>
    public static IServiceCollection AddRateLimits(this IServiceCollection services, IConfiguration configuration)
    {
        var settings = new SettingsReader(configuration);
        var perSecond = settings.Int("DATASYNC_RATE_LIMIT_PER_SECOND", 1000, 1, 1_000_000);
        var options = new RateLimitOptions(perSecond, settings.Int("DATASYNC_RATE_LIMIT_BURST", Math.Min(2 * perSecond, 2_000_000), perSecond, 2_000_000));
        var anonymous = new AnonymousLimitOptions(
            settings.Int("DATASYNC_ANONYMOUS_PER_SECOND_AND_ADDRESS", 100, 1, 1_000_000), settings.Int("DATASYNC_ANONYMOUS_PER_SECOND", 1000, 1, 1_000_000), settings.Int("DATASYNC_ANONYMOUS_AT_ONCE", 500, 1, 1_000_000));
        services.AddSingleton(options);
        services.AddSingleton(new SettingsFaults(settings.Faults));
        services.AddRateLimiter(limiter =>
        {
            limiter.GlobalLimiter = PartitionedRateLimiter.CreateChained(
                [PartitionedRateLimiter.Create<HttpContext, (string Tenant, int? PerMinute)>(context => Partition(context, options)), .. AnonymousLimits.Make(anonymous)]);
            limiter.OnRejected = RefuseAsync;
        });
        return services;
    }

    /// <summary>Refuses what is beyond the limit. Stands behind the authentication, which tells the tenant, and before anything that costs.</summary>
    public static IApplicationBuilder UseRateLimits(this IApplicationBuilder app) => app.UseRateLimiter();

    /// <summary>A limit that was changed begins a new bucket, so it holds from the request on that sees it; the old one is forgotten when it is full.</summary>
    private static RateLimitPartition<(string Tenant, int? PerMinute)> Partition(HttpContext context, RateLimitOptions options)
    {
        if (Caller.TenantOf(context) is not { } tenant) return RateLimitPartition.GetNoLimiter<(string, int?)>(("", null));
        return RateLimitPartition.GetTokenBucketLimiter((tenant, context.Features.Get<TenantSettings>()?.RequestsPerMinute), key => Bucket(key.Item2, options));
    }

    private static TokenBucketRateLimiterOptions Bucket(int? perMinute, RateLimitOptions options)
    {
        if (perMinute is not { } most)
            return new TokenBucketRateLimiterOptions { TokenLimit = options.Burst, TokensPerPeriod = options.PerSecond, ReplenishmentPeriod = TimeSpan.FromSeconds(1), QueueLimit = 0 };

        // in steps of a tenth of a second, or of one request where that takes longer
        var step = (most + 599) / 600;
        return new TokenBucketRateLimiterOptions { TokenLimit = most, TokensPerPeriod = step, ReplenishmentPeriod = TimeSpan.FromMinutes((double)step / most), QueueLimit = 0 };
    }

    private static async ValueTask RefuseAsync(OnRejectedContext refused, CancellationToken ct)
    {
        var wait = refused.Lease.TryGetMetadata(MetadataName.RetryAfter, out var told) ? told : TimeSpan.FromSeconds(1);
        var failure = SyncFailure.Transient("errors.request.too_many") with { RetryAfter = wait };
        await refused.HttpContext.RequestServices.GetRequiredService<ProblemWriter>().WriteAsync(refused.HttpContext, failure);
    }
}
