using System.Globalization;
using DataSync.Pipeline.Connectors;
using DataSync.Pipeline.Incremental;
using FsCheck;
using FsCheck.Fluent;

namespace DataSync.IntegrationTests.Extract.ChangeLog;

/// <summary>What following a change log must hold, whatever the server and the driver. Tables and columns have names that no server takes without its quotes.</summary>
public abstract partial class ChangeLogContract
{
    private const string Name = "bestellungen \"neu\" 表";
    private const string Key = "schlüssel ?";

    protected static CancellationToken Ct => TestContext.Current.CancellationToken;

    internal abstract ITracksChanges Connector { get; }

    internal abstract SourceConnection Connection { get; }

    /// <summary>Types of columns, each with texts of values that a statement may hold; the first column's are distinct and grow.</summary>
    protected abstract IReadOnlyList<(string Type, IReadOnlyList<string> Values)> Columns { get; }

    /// <summary>What makes an INSERT replace or update a row of the same key: what stands before its table and behind its values.</summary>
    protected abstract (string Before, string Behind) Upsert { get; }

    /// <summary>True where REPLACE tells nobody that a row is gone.</summary>
    protected virtual bool ReplacesSilently => false;

    /// <summary>True where what a transaction has written can be there without being committed.</summary>
    protected virtual bool HasManyWriters => true;

    /// <summary>True where a DELETE passes over what is not committed.</summary>
    protected virtual bool RemovesPastOpen => false;

    /// <summary>Of the property; fewer where every look is a session that takes as long as a hundred statements.</summary>
    protected virtual int Cases => 100;

    /// <summary>Runs a statement as somebody who may do anything.</summary>
    protected abstract Task ExecuteAsync(string sql);

    /// <summary>Begins a transaction of its own, and returns what runs a statement in it.</summary>
    protected virtual Task<Func<string, Task>> BeginAsync() => throw new NotSupportedException();

    protected virtual string Quote(string name) => $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    /// <summary>A table as a source names it.</summary>
    protected virtual string Requested(string name) => Quote(name);

    private string Table => Quote(Name);

    private string KeyColumn => Quote(Key);

    [Fact]
    public async Task Changes_come_with_operation_key_and_the_bytes_of_a_full_sync()
    {
        var follower = await FollowAsync(rows: 3);
        Assert.Equal(["read 1", "read 2", "read 3"], await follower.SyncAsync(Ct));
        await follower.AssertSameAsync(Ct);
        Assert.True(follower.Plan.Everything);
        Assert.Null(follower.Plan.Reason);
        Assert.Empty(await follower.SyncAsync(Ct));
        Assert.False(follower.Plan.Everything);

        await InsertAsync(4, 1);
        await ExecuteAsync($"UPDATE {Table} SET {Column(1)} = {Columns[0].Values[2]} WHERE {KeyColumn} = 1");
        await ExecuteAsync($"UPDATE {Table} SET {KeyColumn} = 20 WHERE {KeyColumn} = 2");
        await ExecuteAsync($"DELETE FROM {Table} WHERE {KeyColumn} = 3");
        Assert.Equal(["insert 4", "update 1", "delete 2", "insert 20", "delete 3"], await follower.SyncAsync(Ct));
        await follower.AssertSameAsync(Ct);
        Assert.Empty(await follower.SyncAsync(Ct));
    }

    [Fact]
    public async Task Changes_broken_off_behind_any_batch_go_on_without_loss_or_repeat()
    {
        var follower = await FollowAsync(rows: 5);
        await follower.SyncAsync(Ct, breakingOffAfter: 2);
        await ExecuteAsync($"UPDATE {Table} SET {Column(1)} = 77");
        await ExecuteAsync($"UPDATE {Table} SET {KeyColumn} = {KeyColumn} + 100 WHERE {KeyColumn} < 4");
        Assert.Equal(11, (await follower.SyncAsync(Ct, breakingOffAfter: 2)).Count);
        await follower.AssertSameAsync(Ct);
    }

    // Feature: data-sync-pipeline, Property 25: For any data source that supports change tracking (CDC, triggers), the system should use it for incremental sync instead of timestamp-based queries.
    [Fact]
    [Trait("Property", "25")]
    public async Task Changes_of_any_history_add_up_to_the_table()
    {
        var follower = await FollowAsync(rows: 4);
        await follower.SyncAsync(Ct);
        foreach (var history in Histories.Sample(Cases)) await ReplayAsync(follower, history);
    }

    [Fact]
    public async Task Changes_of_a_transaction_that_commits_late_are_not_missed_and_come_in_order()
    {
        if (!HasManyWriters) return;
        var follower = await FollowAsync(rows: 2);
        var late = await BeginAsync();
        await late(Insert(3, 1));
        await InsertAsync(4, 1);
        var undone = await BeginAsync();
        await undone(Insert(5, 1));
        await undone("ROLLBACK");
        await InsertAsync(6, 1);

        // the whole table, while one of its writers is not done: 4 and 6 are in it, 3 is to come
        Assert.Equal(["read 1", "read 2", "read 4", "read 6"], (await follower.SyncAsync(Ct)).Order());
        await InsertAsync(7, 1);
        Assert.Empty(await follower.SyncAsync(Ct));
        await late("COMMIT");

        // what appears below what was delivered is not removed with it
        await PurgeAsync(follower);
        Assert.Equal(["insert 3", "insert 7"], await follower.SyncAsync(Ct));

        // and the same between two syncs of changes
        late = await BeginAsync();
        await InsertAsync(8, 1);
        await late($"DELETE FROM {Table} WHERE {KeyColumn} = 1");
        await InsertAsync(9, 1);
        Assert.Equal(["insert 8"], await follower.SyncAsync(Ct));
        await late("COMMIT");
        await InsertAsync(10, 1);
        Assert.Equal(["delete 1", "insert 9", "insert 10"], await follower.SyncAsync(Ct));
        await follower.AssertSameAsync(Ct);
        Assert.Empty(await follower.SyncAsync(Ct));
    }

    [Fact]
    public async Task Offer_says_what_is_missing_and_a_change_log_made_anew_begins_with_everything()
    {
        await MakeTableAsync(rows: 1);
        var follower = NewFollower();
        Assert.Equal("tracking.change_log.absent", (await follower.OfferAsync(Ct)).Reason?.Key);
        await SetUpAsync(follower);
        Assert.True((await follower.OfferAsync(Ct)).IsAvailable);
        var inPlace = await follower.SetupAsync(Ct);
        Assert.True(inPlace.IsAvailable);
        Assert.Empty(inPlace.Setup);
        await follower.SyncAsync(Ct);

        await ExecuteAsync($"ALTER TABLE {Table} ADD COLUMN {Quote("später")} {Columns[0].Type}");
        var offer = await follower.OfferAsync(Ct);
        Assert.False(offer.IsAvailable);
        Assert.Equal("tracking.change_log.columns", offer.Reason?.Key);
        Assert.Equal("später", offer.Reason?.Params["columns"]);
        await SetUpAsync(follower);
        Assert.True((await follower.OfferAsync(Ct)).IsAvailable);
        Assert.Equal(["read 1"], await follower.SyncAsync(Ct));
        Assert.Equal("tracking.change_log.made_anew", follower.Plan.Reason?.Key);
        await follower.AssertSameAsync(Ct);

        var undo = (await follower.SetupAsync(Ct)).Undo;
        await ExecuteAsync(undo[0]);
        Assert.Equal("tracking.change_log.triggers", (await follower.OfferAsync(Ct)).Reason?.Key);
        foreach (var sql in undo) await ExecuteAsync(sql);
        Assert.Equal("tracking.change_log.absent", (await follower.OfferAsync(Ct)).Reason?.Key);
        foreach (var sql in undo) await ExecuteAsync(sql);
        await ExecuteAsync($"DELETE FROM {Table}");
    }

    [Fact]
    public async Task Changes_that_were_all_read_are_told_as_whole_also_where_they_came_in_pieces_and_some_were_rolled_back()
    {
        var follower = await FollowAsync(rows: 1);
        await follower.SyncAsync(Ct);
        await InsertAsync(2, 1);
        if (HasManyWriters)
        {
            var undone = await BeginAsync();
            await undone(Insert(3, 1));
            await undone("ROLLBACK");
        }

        await InsertAsync(4, 1);
        await ExecuteAsync($"UPDATE {Table} SET {KeyColumn} = 20 WHERE {KeyColumn} = 2");
        Assert.Equal(["insert 2", "insert 4", "delete 2", "insert 20"], await follower.SyncAsync(Ct, breakingOffAfter: 1));
        Assert.Equal((true, null), (follower.Plan.IsChecked, follower.Plan.Lost));
    }

    [Fact]
    public async Task Offer_of_a_table_without_a_key_is_none()
    {
        await ExecuteAsync($"DROP TABLE IF EXISTS {Quote("ohne")}");
        await ExecuteAsync($"CREATE TABLE {Quote("ohne")} (a {Columns[0].Type})");
        var follower = new Follower(Connector, Connection, Requested("ohne"));
        Assert.Equal("tracking.change_log.key", (await follower.OfferAsync(Ct)).Reason?.Key);
        Assert.Empty((await follower.SetupAsync(Ct)).Setup);
    }

    /// <summary>A table with rows 1, 2 … whose changes are recorded.</summary>
    private protected async Task<Follower> FollowAsync(int rows)
    {
        await MakeTableAsync(rows);
        var follower = NewFollower();
        await SetUpAsync(follower);
        return follower;
    }

    private protected Follower NewFollower() => new(Connector, Connection, Requested(Name)) { TakesReplacing = ReplacesSilently };

    private protected async Task SetUpAsync(Follower follower)
    {
        foreach (var sql in (await follower.SetupAsync(Ct)).Setup) await ExecuteAsync(sql);
    }

    private async Task PurgeAsync(Follower follower)
    {
        var purge = (await follower.SetupAsync(Ct)).Purge;
        Assert.NotNull(purge);
        await ExecuteAsync(purge);
    }

    private protected async Task MakeTableAsync(int rows)
    {
        await ExecuteAsync($"DROP TABLE IF EXISTS {Table}");
        await ExecuteAsync($"CREATE TABLE {Table} ({Column(0)} {KeyType} PRIMARY KEY, {string.Join(", ", Columns.Select((c, i) => $"{Column(i + 1)} {c.Type}"))})");
        foreach (var sql in (await NewFollower().SetupAsync(Ct)).Undo) await ExecuteAsync(sql);
        for (var i = 1; i <= rows; i++) await InsertAsync(i, i);
    }

    protected virtual string KeyType => "bigint";

    protected string TableName => Table;

    private protected string Insert(long id, int seed) => string.Create(CultureInfo.InvariantCulture, $"INSERT INTO {Table} VALUES ({id}, {string.Join(", ", Columns.Select((c, i) => c.Values[(seed + i) % c.Values.Count]))})");

    private protected Task InsertAsync(long id, int seed) => ExecuteAsync(Insert(id, seed));

    private protected string Column(int i) => i == 0 ? KeyColumn : Quote(string.Create(CultureInfo.InvariantCulture, $"wert`\" {i}"));

    private sealed record Step(int Kind, long Id, long Other, int Seed);

    private static Gen<List<Step>> Histories
        => from steps in Gen.NonEmptyListOf(
               from kind in Gen.Choose(0, 11) from id in Gen.Choose(1, 9) from other in Gen.Choose(1, 9) from seed in Gen.Choose(0, 20) select new Step(kind, id, other, seed)).Resize(6)
           select steps.ToList();

    private async Task ReplayAsync(Follower follower, List<Step> history)
    {
        foreach (var step in history)
        {
            var set = string.Join(", ", Columns.Select((c, i) => $"{Column(i + 1)} = {c.Values[(step.Seed + i) % c.Values.Count]}"));
            var insert = Insert(step.Id, step.Seed);
            var sql = step.Kind switch
            {
                0 => $"DELETE FROM {Table} WHERE {KeyColumn} = {step.Id}",
                1 => $"UPDATE {Table} SET {set} WHERE {KeyColumn} >= {step.Id}",
                2 => $"UPDATE {Table} SET {KeyColumn} = {KeyColumn} + 1000000 WHERE {KeyColumn} = {step.Id} AND NOT EXISTS (SELECT 1 FROM (SELECT * FROM {Table}) t WHERE t.{KeyColumn} = {step.Id} + 1000000)",
                3 => $"DELETE FROM {Table} WHERE {KeyColumn} > {1000000 + step.Other}",
                4 => $"UPDATE {Table} SET {Column(1)} = NULL WHERE {KeyColumn} < {step.Other}",
                5 => "BEGIN;" + $"UPDATE {Table} SET {set} WHERE {KeyColumn} >= {step.Id};" + "ROLLBACK",
                _ => insert.Replace("INSERT", $"INSERT{Upsert.Before}", StringComparison.Ordinal) + Upsert.Behind.Replace("{set}", set, StringComparison.Ordinal).Replace("{key}", KeyColumn, StringComparison.Ordinal),
            };
            await ExecuteAsync(sql);
        }

        await follower.SyncAsync(Ct, breakingOffAfter: history.Count % 3 == 0 ? 3 : null);
        Assert.False(follower.Plan.Everything);
        await follower.AssertSameAsync(Ct);
    }
}
