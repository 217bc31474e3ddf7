using DataSync.IntegrationTests.Postgres;
using DataSync.Platform.Http.Idempotency;
using Microsoft.Extensions.Logging.Abstractions;

namespace DataSync.IntegrationTests.Platform;

public sealed class IdempotencyStoreTests(SystemDatabase database) : IClassFixture<SystemDatabase>
{
    private static readonly byte[] Old = new byte[32];
    private static readonly byte[] New = [.. Enumerable.Repeat((byte)1, 32)];

    private readonly PostgresIdempotencyStore _store = new(new TestJobs(database).Tenants, TimeProvider.System);

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Claim_released_without_an_answer_is_given_again_under_its_id()
    {
        var key = new KeyedOperation("a", "POST /x", "released");
        var first = await ClaimAsync(key, Old);
        await _store.ReleaseAsync(key, first, Ct);
        Assert.Equal(first, await ClaimAsync(key, Old));
    }

    [Fact]
    public async Task Claim_of_a_request_hashed_under_an_older_master_key_finds_its_answer()
    {
        var key = new KeyedOperation("a", "POST /x", "rotated");
        await _store.CompleteAsync(key, await ClaimAsync(key, Old), new StoredAnswer(201, null, "/here", default), Ct);
        var again = Assert.IsType<IdempotencyClaim.Done>(await _store.ClaimAsync(key, [New, Old], Ct));
        Assert.Equal((201, "/here"), (again.Answer.Status, again.Answer.Location));
        Assert.IsType<IdempotencyClaim.Mismatch>(await _store.ClaimAsync(key, [New], Ct));
    }

    [Fact]
    public async Task Sweep_keeps_what_a_repeat_may_still_ask_for()
    {
        using var sweeper = new IdempotencySweeper(database.Sources, TimeProvider.System, NullLogger<IdempotencySweeper>.Instance);
        foreach (var name in (string[])["fresh", "hours", "days"])
        {
            var key = new KeyedOperation("sweep", "POST /x", name);
            await _store.ReleaseAsync(key, await ClaimAsync(key, Old), Ct);
        }

        await using var age = database.Superuser.CreateCommand(
            "UPDATE idempotency_keys SET expires_at = now() - CASE key WHEN 'hours' THEN interval '23 hours' WHEN 'days' THEN interval '25 hours' ELSE interval '0' END WHERE tenant_id = 'sweep'");
        await age.ExecuteNonQueryAsync(Ct);
        Assert.Equal(1, await sweeper.SweepAsync(Ct));
        await using var left = database.Superuser.CreateCommand("SELECT string_agg(key, ',' ORDER BY key) FROM idempotency_keys WHERE tenant_id = 'sweep'");
        Assert.Equal("fresh,hours", await left.ExecuteScalarAsync(Ct));
    }

    private async Task<Guid> ClaimAsync(KeyedOperation key, byte[] fingerprint)
        => Assert.IsType<IdempotencyClaim.Claimed>(await _store.ClaimAsync(key, [fingerprint], Ct)).ClaimId;
}
