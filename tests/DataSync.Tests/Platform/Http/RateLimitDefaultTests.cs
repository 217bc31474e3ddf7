using System.Net;
using System.Security.Claims;
using System.Threading.RateLimiting;
using DataSync.Platform.Authentication;
using DataSync.Platform.Http.RateLimits;
using DataSync.Tests.Deploy;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.RateLimiting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace DataSync.Tests.Platform.Http;

/// <summary>The limits of an installation that sets none, asked of the server's own limiter.</summary>
public sealed class RateLimitDefaultTests(ApiHost host) : IClassFixture<ApiHost>
{
    /// <summary>Where so many are let in there is no limit worth its name.</summary>
    private const int Most = 20_000;

    private PartitionedRateLimiter<HttpContext> Limiter => host.Services.GetRequiredService<IOptions<RateLimiterOptions>>().Value.GlobalLimiter!;

    [Fact]
    public void Tenant_is_refused_after_its_burst_where_nothing_is_set()
    {
        Assert.Equal(new RateLimitOptions(1000, 2000), host.Services.GetRequiredService<RateLimitOptions>());
        IsLet(2000, 1000, _ => Context("127.0.0.1", "acme"));
        Says("`DATASYNC_RATE_LIMIT_PER_SECOND`, `DATASYNC_RATE_LIMIT_BURST` | 1000, 2000 |");
    }

    [Fact]
    public void Address_and_all_together_are_refused_where_nothing_is_set_and_no_tenant_is_shown()
    {
        IsLet(200, 100, _ => Context("192.0.2.1"));
        IsLet(2000 - 200, 1000, i => Context($"10.1.{i >> 8}.{i & 255}"));
        Says("`DATASYNC_ANONYMOUS_PER_SECOND_AND_ADDRESS`, `DATASYNC_ANONYMOUS_PER_SECOND` | 100, 1000 |");
    }

    [Fact]
    public async Task Requests_that_are_being_answered_are_refused_beyond_500_where_nothing_is_set()
    {
        await using var own = new ApiHost();
        await own.InitializeAsync();
        var limiter = own.Services.GetRequiredService<IOptions<RateLimiterOptions>>().Value.GlobalLimiter!;
        List<RateLimitLease> held = [];
        try
        {
            for (var i = 0; i < 500; i++) held.Add(limiter.AttemptAcquire(Context($"10.2.{i >> 8}.{i & 255}")));
            Assert.All(held, lease => Assert.True(lease.IsAcquired));
            using (var refused = limiter.AttemptAcquire(Context("192.0.2.3"))) Assert.False(refused.IsAcquired);
            held[0].Dispose();
            using var again = limiter.AttemptAcquire(Context("192.0.2.3"));
            Assert.True(again.IsAcquired);
        }
        finally
        {
            foreach (var lease in held) lease.Dispose();
        }

        Says("`DATASYNC_ANONYMOUS_AT_ONCE` | 500 |");
    }

    /// <summary>So many at once, and what comes back meanwhile: a machine that is slow may get some more of it, one that has no limit goes on.</summary>
    private void IsLet(int atOnce, int perSecond, Func<int, HttpContext> context)
    {
        var let = 0;
        for (; let < Most; let++)
        {
            using var lease = Limiter.AttemptAcquire(context(let));
            if (!lease.IsAcquired) break;
        }

        Assert.InRange(let, atOnce, atOnce + (5 * perSecond));
    }

    private static void Says(string row) => Assert.Contains("| " + row, SourceTree.Read("docs/operations.md"), StringComparison.Ordinal);

    private static DefaultHttpContext Context(string address, string? tenant = null)
    {
        var context = new DefaultHttpContext();
        context.Connection.RemoteIpAddress = IPAddress.Parse(address);
        if (tenant is not null) context.User = new ClaimsPrincipal(new ClaimsIdentity([new Claim(Caller.TenantClaim, tenant)], "test"));
        return context;
    }
}
