using DataSync.Jobs;
using DataSync.Jobs.Inline;
using DataSync.Pipeline.Failures;

namespace DataSync.Tests.Jobs.Inline;

public sealed class InlineGateTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Tenant_at_its_limit_waits_and_another_does_not()
    {
        using var gate = Gate(runs: 10, perTenant: 2, wait: 10);
        using var first = await gate.EnterAsync("a", Ct);
        var second = await gate.EnterAsync("a", Ct);
        var third = gate.EnterAsync("a", Ct);
        using var other = await gate.EnterAsync("b", Ct);
        Assert.False(third.IsCompleted);
        second.Dispose();
        using var entered = await third;
    }

    [Fact]
    public async Task Waiting_ends_with_a_clear_refusal()
    {
        using var gate = Gate(runs: 10, perTenant: 1, wait: 0);
        using var first = await gate.EnterAsync("a", Ct);
        var refused = await Assert.ThrowsAsync<SyncFailureException>(() => gate.EnterAsync("a", Ct));
        Assert.Equal("errors.realtime.too_many", refused.Failure.MessageKey);
        Assert.Equal(1, refused.Failure.Params!["limit"]);
        Assert.NotNull(refused.Failure.RetryAfter);
    }

    [Fact]
    public async Task Process_has_a_limit_of_its_own_and_refused_callers_give_their_tenant_place_back()
    {
        using var gate = Gate(runs: 1, perTenant: 5, wait: 0);
        var first = await gate.EnterAsync("a", Ct);
        await Assert.ThrowsAsync<SyncFailureException>(() => gate.EnterAsync("b", Ct));
        first.Dispose();
        first.Dispose();
        using var second = await gate.EnterAsync("b", Ct);
        await Assert.ThrowsAsync<SyncFailureException>(() => gate.EnterAsync("a", Ct));
    }

    [Fact]
    public async Task More_callers_than_may_wait_are_refused_at_once()
    {
        using var gate = Gate(runs: 1, perTenant: 1, wait: 60, waiting: 1);
        var first = await gate.EnterAsync("a", Ct);
        var waits = gate.EnterAsync("a", Ct);
        await Assert.ThrowsAsync<SyncFailureException>(() => gate.EnterAsync("a", Ct));
        first.Dispose();
        using var second = await waits;
    }

    [Fact]
    public async Task Caller_who_leaves_while_waiting_takes_no_place()
    {
        using var gate = Gate(runs: 1, perTenant: 1, wait: 60);
        var first = await gate.EnterAsync("a", Ct);
        using var leaving = new CancellationTokenSource();
        var waits = gate.EnterAsync("a", leaving.Token);
        await leaving.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waits);
        first.Dispose();
        using var second = await gate.EnterAsync("a", Ct);
    }

    private static InlineGate Gate(int runs, int perTenant, int wait, int waiting = 100)
        => new(new InlineOptions { MaxRuns = runs, MaxWaiting = waiting, Wait = TimeSpan.FromSeconds(wait) }, new EngineOptions { MaxConcurrentJobsPerTenant = perTenant }, TimeProvider.System);
}
