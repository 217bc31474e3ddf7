using DataSync.IntegrationTests.Postgres;
using DataSync.Jobs.Inline;
using DataSync.Jobs.Webhooks.Direct;
using DataSync.Jobs.Webhooks.Inbox;
using DataSync.Platform.Persistence;
using DataSync.Platform.Tenancy;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging.Abstractions;

namespace DataSync.IntegrationTests.Webhooks;

/// <summary>When a delivery that a process has taken to run it itself is free again.</summary>
public sealed class DirectClaimTests(SystemDatabase database) : IClassFixture<SystemDatabase>
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(10, 50, false), InlineData(10, 120, true), InlineData(300, 120, false), InlineData(300, 420, true)]
    public async Task TakeAsync_a_claim_without_a_job_is_dead_once_its_request_can_wait_no_more(int waitSeconds, int agedSeconds, bool isFree)
    {
        var claims = new DirectClaims(new TenantDatabase(new Contexts(), database.Sources), new InlineOptions { Wait = TimeSpan.FromSeconds(waitSeconds) }, NullLogger<DirectClaims>.Instance);
        var name = new DeliveryName("t", "s", Guid.NewGuid(), [], null);
        Assert.IsType<DirectClaim.Taken>(await claims.TakeAsync(name, Guid.NewGuid(), 1, Ct));
        await using (var age = database.Superuser.CreateCommand($"UPDATE webhook_deliveries SET received_at = received_at - interval '{agedSeconds} seconds' WHERE delivery_id = '{name.Id}'"))
            Assert.Equal(1, await age.ExecuteNonQueryAsync(Ct));
        Assert.Equal(isFree, await claims.TakeAsync(name, Guid.NewGuid(), 1, Ct) is DirectClaim.Taken);
    }

    private sealed class Contexts : IDbContextFactory<DataSyncDbContext>
    {
        public DataSyncDbContext CreateDbContext() => throw new NotSupportedException("Statements go without EF Core.");
    }
}
