using DataSync.Pipeline;

namespace DataSync.Tests.Extract.Incremental;

public class StoredMarkTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Waiting_ends_with_the_commit_that_reaches_it_and_is_seen_until_then()
    {
        var mark = new StoredMark();
        mark.Reach(3);
        await mark.WaitAsync(3, Ct);
        Assert.False(mark.Wanted.IsCompleted);
        var waiting = mark.WaitAsync(10, Ct);
        Assert.True(mark.Wanted.IsCompleted);
        mark.Reach(9);
        Assert.True(mark.Wanted.IsCompleted);
        Assert.False(waiting.IsCompleted);
        mark.Reach(12);
        await waiting;
        Assert.False(mark.Wanted.IsCompleted);
    }

    [Fact]
    public async Task Waiting_ends_with_the_attempt()
    {
        using var ending = new CancellationTokenSource();
        var waiting = new StoredMark().WaitAsync(1, ending.Token);
        await ending.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
    }
}
