using DataSync.Pipeline.Failures;
using DataSync.Pipeline.Incremental;

namespace DataSync.IntegrationTests.Extract.Incremental;

/// <summary>What was delivered stays delivered, whatever breaks off, is removed or rotated meanwhile. Nothing of it is the connector's, so one connector is enough.</summary>
public sealed partial class SqliteIncrementalTests
{
    [Fact]
    public async Task Incremental_gone_on_with_after_the_master_key_was_rotated_has_no_repeat()
    {
        var source = await StartAsync(Checked("reread", window: 0), (1, 10), (2, 20));
        Assert.Equal([1, 2], Ids(await source.SyncAsync(Ct)));
        source.RotateKey();
        await ExecuteAsync("INSERT INTO changes VALUES (3, 30, 'x'), (4, 30, 'x'), (5, 40, 'x')");

        // the token's hashes are by the new key, those of the state by the old one
        Assert.Equal([3, 4, 5], Ids(await source.SyncInTwoAttemptsAsync(3, Ct)));
        Assert.Empty(await source.SyncAsync(Ct));
    }

    [Theory]
    [InlineData(0), InlineData(15)]
    public async Task Incremental_gone_on_with_where_the_last_row_is_gone_begins_no_lower(int lag)
    {
        var source = await StartAsync(Lagging(lag), (1, 10), (2, 20));
        Assert.Equal([1, 2], Ids(await source.SyncAsync(Ct)));
        await ExecuteAsync("INSERT INTO changes VALUES (3, 30, 'x'), (4, 40, 'x'), (5, 50, 'x')");

        // the first attempt delivers all of it; without a lag the second one finds nothing at all
        var records = await source.SyncInTwoAttemptsAsync(10, Ct, mayEnd: true, between: () =>
        {
            _source.Execute("DELETE FROM changes WHERE id = 5");
            return Task.CompletedTask;
        });
        Assert.Equal([3, 4, 5], Ids(records));
        Assert.Empty(await source.SyncAsync(Ct));
        await ExecuteAsync("INSERT INTO changes VALUES (6, 60, 'x')");
        Assert.Equal([6], Ids(await source.SyncAsync(Ct)));
    }

    [Theory]
    [InlineData("reread", new long[] { 4, 5, 6, 9 }), InlineData("full", new long[] { 1, 4, 5, 6, 9 })]
    public async Task Incremental_gone_on_with_after_a_check_that_failed_has_no_repeat(string onGap, long[] delivered)
    {
        var connector = new MeanwhileConnector(_source.Connector) { Meanwhile = static () => throw new SyncFailureException(SyncFailure.Permanent("errors.extraction.statement_timeout")) };
        var source = await StartCheckedAsync(connector, Checked(onGap, window: 0), null, (1, 10), (2, 20), (3, 20));
        Assert.Equal([1, 2, 3], Ids(await source.SyncAsync(Ct)));
        Assert.False(source.Gap!.Checked);
        await ExecuteAsync("INSERT INTO changes VALUES (4, 30, 'x'), (5, 40, 'x'), (6, 50, 'x')");

        // where the records at 20 are stored the state does not know, and the second attempt, which begins at 40, does not see them
        connector.TakeReadings();
        connector.Meanwhile = () =>
        {
            connector.Meanwhile = static () => Task.CompletedTask;
            return ExecuteAsync("INSERT INTO changes VALUES (9, 25, 'late')");
        };
        Assert.Equal(delivered, Ids(await source.SyncInTwoAttemptsAsync(4, Ct)));
        Assert.Equal(new GapReport(true, 1, true), source.Gap);
        Assert.Empty(await source.SyncAsync(Ct));
    }

    [Theory]
    [InlineData(false), InlineData(true)]
    public async Task Incremental_within_the_lag_remembers_what_the_store_keeps_no_longer_for_as_long_as_it_is_read_again(bool rotates)
    {
        var source = await StartAsync(Lagging(100), (1, 10), (2, 20), (3, 30));
        Assert.Equal([1, 2, 3], Ids(await source.SyncAsync(Ct)));
        source.Taken.Remove(_ => true);
        if (rotates) source.RotateKey();

        // from the store at first, later from the state alone
        for (var id = 4L; id <= 6; id++)
        {
            await ExecuteAsync($"INSERT INTO changes VALUES ({id}, {id * 10}, 'x')");
            Assert.Equal([id], Ids(await source.SyncAsync(Ct)));
            Assert.Equal(0, source.Gap!.Missing);
        }

        // now they are below where the next sync begins, so this one compares them
        await ExecuteAsync("INSERT INTO changes VALUES (7, 200, 'x')");
        Assert.Equal([7], Ids(await source.SyncAsync(Ct)));
        Assert.Equal(new GapReport(true, 0, false), source.Gap);
    }

    [Theory]
    [InlineData("warn"), InlineData("reread"), InlineData("full")]
    public async Task Gap_is_none_where_single_records_were_removed_and_one_beside_them_is_still_seen(string onGap)
    {
        var source = await StartAsync(Checked(onGap), (1, 10), (2, 20), (3, 30), (4, 40));
        await source.SyncAsync(Ct);
        Assert.Equal(1, source.Taken.Remove(r => r.Contains("\"id\":2,", StringComparison.Ordinal)));
        await ExecuteAsync("INSERT INTO changes VALUES (5, 50, 'x')");
        Assert.Equal([5], Ids(await source.SyncAsync(Ct)));
        Assert.Equal((true, 0L, false, "gap.purged"), (source.Gap!.Checked, source.Gap.Missing, source.Gap.Repaired, source.Gap.Reason!.Key));

        // known by its hash from here on, while those beside it are looked for
        await ExecuteAsync("INSERT INTO changes VALUES (6, 60, 'x'), (9, 25, 'late')");
        long[] delivered = onGap switch { "warn" => [6], "reread" => [6, 9], _ => [1, 2, 3, 4, 6, 9] };
        Assert.Equal(delivered, Ids(await source.SyncAsync(Ct)));
        Assert.Equal(new GapReport(true, 1, onGap != "warn"), source.Gap);
    }

    private static string Lagging(int lag) => Checked("reread", window: 0)[..^1] + $",\"lag\":{lag}" + "}";
}
