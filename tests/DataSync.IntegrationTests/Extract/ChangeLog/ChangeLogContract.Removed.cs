using System.Globalization;

namespace DataSync.IntegrationTests.Extract.ChangeLog;

/// <summary>What becomes of changes that were removed from the log, in whatever order they appeared and went.</summary>
public abstract partial class ChangeLogContract
{
    [Fact]
    public async Task Changes_that_were_removed_before_they_were_read_are_answered_by_everything()
    {
        var follower = await FollowAsync(rows: 1);
        await follower.SyncAsync(Ct);
        for (var i = 2; i < 6; i++) await InsertAsync(i, 1);
        await follower.SyncAsync(Ct);
        var log = (await follower.SetupAsync(Ct)).Undo[^1].Replace("DROP TABLE IF EXISTS ", "", StringComparison.Ordinal);

        // what was read may go, all of it
        Assert.EndsWith($" < {follower.Plan.Position}", (await follower.SetupAsync(Ct)).Purge, StringComparison.Ordinal);
        await PurgeAsync(follower);
        await InsertAsync(6, 1);
        Assert.Equal(["insert 6"], await follower.SyncAsync(Ct));

        // so may the last, unless one that was not there yet might have hidden that more went with it
        await ExecuteAsync($"DELETE FROM {log} WHERE {Quote("datasync_operation")} <> 'S'");
        await InsertAsync(7, 1);
        var told = await follower.SyncAsync(Ct);
        Assert.Equal(RemovesPastOpen, follower.Plan.Everything);
        if (!RemovesPastOpen) Assert.Equal(["insert 7"], told);

        await InsertAsync(8, 1);
        await InsertAsync(9, 1);
        await ExecuteAsync($"DELETE FROM {log} WHERE {Quote("datasync_operation")} <> 'S' AND {Quote("datasync_position")} <= {follower.Plan.Position} + 1");
        Assert.Equal(9, (await follower.SyncAsync(Ct)).Count);
        Assert.Equal("tracking.change_log.purged", follower.Plan.Reason?.Key);
        await follower.AssertSameAsync(Ct);
        await ExecuteAsync($"DELETE FROM {log}");
        Assert.Equal("tracking.change_log.beginning", (await follower.OfferAsync(Ct)).Reason?.Key);
    }

    /// <summary>The first change of all is removed as any other: the row behind the first of the log went with it.</summary>
    [Theory, InlineData(2), InlineData(3)]
    public async Task Changes_that_were_removed_before_any_was_read_are_answered_by_everything(int until)
    {
        var follower = await FollowAsync(rows: 1);
        await follower.SyncAsync(Ct);
        await InsertAsync(2, 1);
        await InsertAsync(3, 1);
        await RemoveAsync(follower, $"{follower.Plan.Position} + {until - 1}");
        Assert.Equal(["read 1", "read 2", "read 3"], (await follower.SyncAsync(Ct)).Order());
        Assert.Equal("tracking.change_log.purged", follower.Plan.Reason?.Key);
        await follower.AssertSameAsync(Ct);
    }

    /// <summary>A log that stands empty is whole as long as nothing was written to it.</summary>
    [Fact]
    public async Task Changes_behind_a_log_that_was_emptied_are_told_and_those_removed_from_it_are_answered_by_everything()
    {
        var follower = await FollowAsync(rows: 1);
        await follower.SyncAsync(Ct);
        for (var i = 0; i < 2; i++)
        {
            await RemoveAsync(follower, "1000");
            Assert.Empty(await follower.SyncAsync(Ct));
            Assert.False(follower.Plan.Everything);
            await InsertAsync(2 + i, 1);
            await follower.SyncAsync(Ct);
            Assert.Equal(RemovesPastOpen, follower.Plan.Everything);
            await follower.AssertSameAsync(Ct);
        }

        // one stands behind what was removed, and then none
        await RemoveAsync(follower, "1000");
        await InsertAsync(4, 1);
        await InsertAsync(5, 1);
        await RemoveAsync(follower, $"{follower.Plan.Position} + 1");
        await follower.SyncAsync(Ct);
        Assert.Equal((true, "tracking.change_log.purged"), (follower.Plan.Everything, follower.Plan.Reason?.Key));
        await follower.AssertSameAsync(Ct);
        await InsertAsync(6, 1);
        await RemoveAsync(follower, "1000");
        await follower.SyncAsync(Ct);
        Assert.Equal((true, "tracking.change_log.purged"), (follower.Plan.Everything, follower.Plan.Reason?.Key));
        await follower.AssertSameAsync(Ct);
    }

    /// <summary>One transaction is open over everything: what it wrote appears behind what was read, removed or left by then, and is removed in its turn.</summary>
    [Theory]
    [InlineData("delivered", null)]
    [InlineData("itself", "tracking.change_log.purged")]
    [InlineData("neighbours", "tracking.change_log.purged")]
    public async Task Change_that_appears_late_is_told_or_answered_by_everything_whatever_was_removed(string removed, string? reason)
    {
        if (!HasManyWriters) return;
        var follower = await FollowAsync(rows: 1);
        await follower.SyncAsync(Ct);
        await InsertAsync(2, 1);
        await follower.SyncAsync(Ct);
        var late = await BeginAsync();
        await late(Insert(3, 1));
        for (var i = 4; i < 8; i++) await InsertAsync(i, 1);

        // the table is read while it is open: what it wrote is to come, and what was written since stands behind it
        follower.State = null;
        await follower.SyncAsync(Ct);
        var position = long.Parse(follower.Plan.Position!, CultureInfo.InvariantCulture) - 4;
        switch (removed)
        {
            case "delivered":
                await PurgeAsync(follower);
                await late("COMMIT");
                break;
            case "itself":
                await late("COMMIT");
                await RemoveAsync(follower, $"{position + 1}");
                break;
            default:
                // past what is not committed, as only PostgreSQL does: elsewhere it would wait
                if (!RemovesPastOpen)
                {
                    await late("COMMIT");
                    await InsertAsync(8, 1);
                    await RemoveAsync(follower, $"{position + 5}", but: position);
                }
                else
                {
                    await InsertAsync(8, 1);
                    await RemoveAsync(follower, $"{position + 5}", but: null);
                    await late("COMMIT");
                }

                await InsertAsync(9, 1);
                break;
        }

        var told = await follower.SyncAsync(Ct);
        Assert.Equal((reason is not null, reason), (follower.Plan.Everything, follower.Plan.Reason?.Key));
        if (reason is null) Assert.Equal(["insert 3"], told);
        await follower.AssertSameAsync(Ct);
    }

    [Fact]
    public async Task Changes_that_were_removed_while_a_reading_rested_are_told_as_lost()
    {
        var follower = await FollowAsync(rows: 1);
        await follower.SyncAsync(Ct);
        for (var i = 2; i < 7; i++) await InsertAsync(i, 1);
        var log = (await follower.SetupAsync(Ct)).Undo[^1].Replace("DROP TABLE IF EXISTS ", "", StringComparison.Ordinal);
        var remove = $"DELETE FROM {log} WHERE {Quote("datasync_operation")} <> 'S' AND {Quote("datasync_position")} <= {follower.Plan.Position} + 3";
        Assert.Equal(["insert 2", "insert 5", "insert 6"], await follower.SyncAsync(Ct, breakingOffAfter: 1, between: () => ExecuteAsync(remove)));
        Assert.Equal((true, "tracking.change_log.hole"), (follower.Plan.IsChecked, follower.Plan.Lost?.Key));
        Assert.Equal(2L, follower.Plan.Lost?.Params["rows"]);
    }

    private static async Task<string> LogAsync(Follower follower) => (await follower.SetupAsync(Ct)).Undo[^1].Replace("DROP TABLE IF EXISTS ", "", StringComparison.Ordinal);

    /// <summary>Removes what stands up to a position, as somebody does who goes by age, but for one.</summary>
    private async Task RemoveAsync(Follower follower, string until, long? but = null)
    {
        var log = await LogAsync(follower);
        await ExecuteAsync(string.Create(
            CultureInfo.InvariantCulture,
            $"DELETE FROM {log} WHERE {Quote("datasync_operation")} <> 'S' AND {Quote("datasync_position")} <= {until} AND {Quote("datasync_position")} <> {but ?? 0}"));
    }
}
