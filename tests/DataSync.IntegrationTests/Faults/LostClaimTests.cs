using DataSync.Faults.Wire;
using DataSync.IntegrationTests.Postgres;
using DataSync.Platform.Http.Idempotency;
using DataSync.Platform.Persistence;
using Npgsql;

namespace DataSync.IntegrationTests.Faults;

/// <summary>A connection that is cut while a claim is committed: the caller gets an error and sends again.</summary>
public sealed class LostClaimTests(SystemDatabase database) : IClassFixture<SystemDatabase>
{
    private static readonly byte[] Fingerprint = new byte[32];

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Claim_whose_commit_was_cut_off_is_soon_to_be_had_again_under_its_id()
    {
        await using var proxy = new CommitProxy(new NpgsqlConnectionStringBuilder(database.Options.Connection).Port);
        await using var sources = new DataSources(new DatabaseOptions { Connection = Through(database.Options.Connection), SystemConnection = Through(database.Options.SystemConnection) });
        var store = new PostgresIdempotencyStore(TestJobs.TenantsOf(sources), TimeProvider.System);
        var key = new KeyedOperation("a", "POST /x", "cut");
        var cut = proxy.CutAsync(0, unspoken: false, Ct);
        await Assert.ThrowsAnyAsync<Exception>(() => store.ClaimAsync(key, [Fingerprint], Ct));
        await cut;
        var made = await IdAsync(key);
        IdempotencyClaim again = new IdempotencyClaim.InProgress();
        for (var tries = 0; again is IdempotencyClaim.InProgress && tries < 100; tries++)
        {
            await Task.Delay(50, Ct);
            again = await store.ClaimAsync(key, [Fingerprint], Ct);
        }

        Assert.Equal(made, Assert.IsType<IdempotencyClaim.Claimed>(again).ClaimId);

        string Through(string connection) => new NpgsqlConnectionStringBuilder(connection) { Port = proxy.Port }.ConnectionString;
    }

    private async Task<Guid> IdAsync(KeyedOperation key)
    {
        await using var read = database.Superuser.CreateCommand("SELECT claim_id FROM idempotency_keys WHERE key = $1");
        read.Parameters.Add(new NpgsqlParameter { Value = key.Key });
        return (Guid)(await read.ExecuteScalarAsync(Ct))!;
    }
}
