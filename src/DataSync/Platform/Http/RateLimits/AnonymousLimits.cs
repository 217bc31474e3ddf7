using System.Net;
using System.Net.Sockets;
using System.Threading.RateLimiting;
using DataSync.Platform.Authentication;
using Microsoft.AspNetCore.Http;

namespace DataSync.Platform.Http.RateLimits;

/// <summary>
/// Limits of requests that show no tenant, by address and altogether: of links, the dashboard and its login, hints of Label Studio, error texts, probes, and of tokens and keys that are not valid. An address is asked first, so that
/// one alone does not use up what there is for all. Deliveries of webhooks leave the way before and have limits of their own.
/// </summary>
internal static class AnonymousLimits
{
    private const string NotMeant = "";

    /// <summary>Behind a proxy the address is the proxy's: no header is believed.</summary>
    public static IEnumerable<PartitionedRateLimiter<HttpContext>> Make(AnonymousLimitOptions options)
    {
        yield return Rate(context => IsProbe(context) ? "probe " + AddressOf(context) : AddressOf(context), options.PerAddress);
        yield return Rate(Everybody, options.PerSecond);
        yield return AtOnce(context => IsProbe(context) ? null : AddressOf(context), (options.AtOnce + 1) / 2);
        yield return AtOnce(Everybody, options.AtOnce);
    }

    private static PartitionedRateLimiter<HttpContext> Rate(Func<HttpContext, string?> who, int perSecond) => PartitionedRateLimiter.Create<HttpContext, string>(context => Of(context, who) is { } key
        ? RateLimitPartition.GetTokenBucketLimiter(key, _ => new TokenBucketRateLimiterOptions { TokenLimit = 2 * perSecond, TokensPerPeriod = perSecond, ReplenishmentPeriod = TimeSpan.FromSeconds(1), QueueLimit = 0 })
        : RateLimitPartition.GetNoLimiter(NotMeant));

    private static PartitionedRateLimiter<HttpContext> AtOnce(Func<HttpContext, string?> who, int most) => PartitionedRateLimiter.Create<HttpContext, string>(context => Of(context, who) is { } key
        ? RateLimitPartition.GetConcurrencyLimiter(key, _ => new ConcurrencyLimiterOptions { PermitLimit = most, QueueLimit = 0 })
        : RateLimitPartition.GetNoLimiter(NotMeant));

    /// <summary>Whose request it is to this limit; null where it is none of its.</summary>
    private static string? Of(HttpContext context, Func<HttpContext, string?> who) => Caller.TenantOf(context) is null ? who(context) : null;

    /// <summary>Whoever keeps the processes running must not take one for dead because strangers knock: an address has a limit of its own for probes, and no other, and what they cost is shared by all.</summary>
    private static string? Everybody(HttpContext context) => IsProbe(context) ? null : "all";

    private static bool IsProbe(HttpContext context) => context.GetEndpoint()?.Metadata.GetMetadata<ProbeEndpoint>() is not null;

    /// <summary>The connection's address; of IPv6 the network of 64 bits, which is what one customer is given at least.</summary>
    private static string AddressOf(HttpContext context)
    {
        if (context.Connection.RemoteIpAddress is not { } address) return "none";
        if (address.IsIPv4MappedToIPv6) address = address.MapToIPv4();
        if (address.AddressFamily != AddressFamily.InterNetworkV6) return address.ToString();
        var bytes = address.GetAddressBytes();
        bytes.AsSpan(8).Clear();
        return new IPAddress(bytes).ToString();
    }
}

/// <summary>Marks what is asked by whoever keeps the processes running and watches them.</summary>
internal sealed record ProbeEndpoint;
