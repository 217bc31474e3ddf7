using DataSync.Pipeline.Incremental;

namespace DataSync.IntegrationTests.Extract.Log;

/// <summary>What changes a followed table without a word in its log: nothing of it may be missing from what its syncs deliver.</summary>
public sealed class PostgresLogShapeTests
{
    private const string Columns = "id bigint PRIMARY KEY, name text";

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("ALTER TABLE followed ADD COLUMN n int DEFAULT 5")]
    [InlineData("ALTER TABLE followed ADD COLUMN n int DEFAULT 5", "ALTER TABLE followed ALTER n DROP DEFAULT", "VACUUM FULL followed")]
    [InlineData("ALTER TABLE followed ADD COLUMN n double precision DEFAULT random()", "ALTER TABLE followed ALTER n DROP DEFAULT")]
    [InlineData("ALTER TABLE followed ALTER name TYPE varchar(9) USING upper(name)")]
    [InlineData("ALTER TABLE followed ALTER name TYPE text USING name || '!'")]
    [InlineData("ALTER TABLE followed RENAME name TO called")]
    [InlineData("ALTER TABLE followed DROP COLUMN name")]
    public async Task Columns_whose_change_the_log_does_not_show_are_answered_by_everything_and_the_reason(params string[] altered)
    {
        await using var table = await FollowedTable.CreateAsync(Columns, Ct);
        await table.ExecuteAsync("INSERT INTO followed VALUES (1, 'a'), (2, NULL)", Ct);
        await table.SyncAsync(Ct);
        foreach (var sql in altered) await table.ExecuteAsync(sql, Ct);
        await AssertReadsEverythingAsync(table, "columns");
        await table.ExecuteAsync("INSERT INTO followed (id) VALUES (9)", Ct);
        Assert.Equal(["insert"], Operations(await table.SyncAsync(Ct)));
        Assert.Equal(await table.TableAsync(Ct), table.Copy);
    }

    [Theory]
    [InlineData("ALTER TABLE followed ADD COLUMN born date")]
    [InlineData("ALTER TABLE followed ALTER name SET NOT NULL", "ALTER TABLE followed ALTER name SET DEFAULT 'x'", "ANALYZE followed")]
    [InlineData("VACUUM FULL followed")]
    public async Task Alterations_that_leave_the_rows_as_they_were_are_followed(params string[] altered)
    {
        await using var table = await FollowedTable.CreateAsync(Columns, Ct);
        await table.ExecuteAsync("INSERT INTO followed VALUES (1, 'a')", Ct);
        await table.SyncAsync(Ct);
        await table.ExecuteAsync("UPDATE followed SET name = 'b'", Ct);
        foreach (var sql in altered) await table.ExecuteAsync(sql, Ct);
        await table.ExecuteAsync("INSERT INTO followed VALUES (2, 'c'); UPDATE followed SET name = 'd' WHERE id = 1", Ct);
        Assert.Equal(["update", "insert", "update"], Operations(await table.SyncAsync(Ct)));
        Assert.False(table.Report.Everything);
        Assert.Equal(await table.TableAsync(Ct), table.Copy);

        // what was noted is how it is now
        await table.ExecuteAsync("ALTER TABLE followed ADD COLUMN late int DEFAULT 5", Ct);
        await AssertReadsEverythingAsync(table, "columns");
    }

    /// <summary>A label is what a value is called, wherever it stands: rows that nobody touched read otherwise once it is renamed.</summary>
    [Theory]
    [InlineData("ALTER TYPE mood RENAME VALUE 'sad' TO 'blue'")]
    [InlineData("ALTER TYPE mood RENAME VALUE 'sad' TO 'blue'", "UPDATE followed SET id = 5 WHERE id = 1", "ALTER TYPE mood RENAME VALUE 'blue' TO 'sad'")]
    [InlineData("ALTER TYPE told RENAME ATTRIBUTE how TO feels")]
    public async Task Types_whose_values_are_called_otherwise_are_answered_by_everything_and_the_reason(params string[] altered)
    {
        await using var table = await FollowedTable.CreateAsync(Columns, Ct, sets: false);
        await table.ExecuteAsync(
            """
            CREATE TYPE mood AS ENUM ('sad', 'ok'); CREATE DOMAIN felt AS mood; CREATE TYPE told AS (how mood, since int);
            DROP TABLE followed; CREATE TABLE followed (id bigint PRIMARY KEY, now felt, before mood[], tales told);
            INSERT INTO followed VALUES (1, 'sad', '{sad,ok}', '(sad,3)'), (2, 'ok', NULL, NULL)
            """, Ct);
        await table.SetUpAsync(Ct);
        await table.SyncAsync(Ct);

        // one that is new is in no row
        await table.ExecuteAsync("ALTER TYPE mood ADD VALUE 'glad' BEFORE 'ok'", Ct);
        await table.ExecuteAsync("INSERT INTO followed VALUES (3, 'glad', '{glad}', NULL)", Ct);
        Assert.Equal(["insert"], Operations(await table.SyncAsync(Ct)));
        Assert.False(table.Report.Everything);
        foreach (var sql in altered) await table.ExecuteAsync(sql, Ct);
        await table.ExecuteAsync("INSERT INTO followed VALUES (4, 'ok', NULL, NULL)", Ct);
        await AssertReadsEverythingAsync(table, "columns");
        await table.ExecuteAsync("DELETE FROM followed WHERE id = 2", Ct);
        Assert.Equal(["delete"], Operations(await table.SyncAsync(Ct)));
        Assert.Equal(await table.TableAsync(Ct), table.Copy);
    }

    [Fact]
    public async Task Publication_that_was_altered_and_put_back_is_answered_by_everything_and_the_reason()
    {
        await using var table = await FollowedTable.CreateAsync(Columns, Ct);
        await table.ExecuteAsync("INSERT INTO followed VALUES (1, 'a')", Ct);
        await table.SyncAsync(Ct);
        var name = await table.Source.ScalarAsync<string>("SELECT pubname::text FROM pg_publication", Ct);
        await table.ExecuteAsync($"ALTER PUBLICATION {name} SET (publish = 'insert')", Ct);
        await table.ExecuteAsync("UPDATE followed SET name = 'unseen'", Ct);
        await table.ExecuteAsync($"ALTER PUBLICATION {name} SET (publish = 'insert, update, delete, truncate')", Ct);
        await AssertReadsEverythingAsync(table, "publication_altered");
        Assert.Empty(await table.SyncAsync(Ct));
        Assert.False(table.Report.Everything);
    }

    [Theory]
    [InlineData("TRUNCATE low")]
    [InlineData("DROP TABLE low")]
    [InlineData("ALTER TABLE followed DETACH PARTITION low")]
    [InlineData("ALTER TABLE followed DETACH PARTITION low", "UPDATE low SET name = 'unseen'", "ALTER TABLE followed ATTACH PARTITION low FOR VALUES FROM (0) TO (10)")]
    [InlineData("CREATE TABLE more (LIKE followed INCLUDING ALL)", "INSERT INTO more VALUES (21, 'unseen')", "ALTER TABLE followed ATTACH PARTITION more FOR VALUES FROM (20) TO (30)")]
    [InlineData("ALTER TABLE followed ALTER name TYPE text USING name || '!'")]
    public async Task Partitions_that_come_or_go_with_rows_are_answered_by_everything_and_the_reason(params string[] altered)
    {
        await using var table = await PartitionedAsync();
        foreach (var sql in altered) await table.ExecuteAsync(sql, Ct);
        await AssertReadsEverythingAsync(table, "partitions");
        await table.ExecuteAsync("INSERT INTO followed VALUES (19, 'last')", Ct);
        Assert.Equal(["insert"], Operations(await table.SyncAsync(Ct)));
        Assert.Equal(await table.TableAsync(Ct), table.Copy);
    }

    [Fact]
    public async Task Partition_that_was_made_ahead_and_is_empty_yet_costs_no_reading_of_everything()
    {
        await using var table = await PartitionedAsync();
        await table.ExecuteAsync("CREATE TABLE more PARTITION OF followed FOR VALUES FROM (20) TO (30) PARTITION BY RANGE (id); CREATE TABLE most PARTITION OF more FOR VALUES FROM (20) TO (25)", Ct);
        await table.ExecuteAsync("INSERT INTO followed VALUES (12, 'c')", Ct);
        Assert.Equal(["insert"], Operations(await table.SyncAsync(Ct)));
        await table.ExecuteAsync("INSERT INTO followed VALUES (21, 'd'); UPDATE followed SET id = 22 WHERE id = 1", Ct);
        Assert.Equal(["insert", "delete", "insert"], Operations(await table.SyncAsync(Ct)));
        Assert.Equal(await table.TableAsync(Ct), table.Copy);
        await table.ExecuteAsync("TRUNCATE most", Ct);
        await AssertReadsEverythingAsync(table, "partitions");
    }

    [Fact]
    public async Task Offer_takes_no_table_with_a_partition_that_is_not_logged()
    {
        await using var table = await PartitionedAsync();
        await table.ExecuteAsync("CREATE UNLOGGED TABLE more PARTITION OF followed FOR VALUES FROM (20) TO (30)", Ct);
        Assert.Equal("tracking.log.table", (await table.Connector.OfferAsync(table.Connection, new Pipeline.Connectors.ReadRequest { Table = "followed" }, Ct)).Reason!.Key);
    }

    [Fact]
    public async Task Position_stored_before_anything_of_the_table_was_noted_is_gone_on_from()
    {
        await using var table = await FollowedTable.CreateAsync(Columns, Ct);
        await table.SyncAsync(Ct);
        table.Remember(position => Assert.True(position["marks"]!.AsObject().Remove("types")));
        Assert.Empty(await table.SyncAsync(Ct));
        Assert.False(table.Report.Everything);
        table.Remember(position => Assert.True(position.Remove("marks")));
        await table.ExecuteAsync("INSERT INTO followed VALUES (1, 'a')", Ct);
        Assert.Equal(["insert"], Operations(await table.SyncAsync(Ct)));
        await table.ExecuteAsync("ALTER TABLE followed ADD COLUMN n int DEFAULT 5", Ct);
        await AssertReadsEverythingAsync(table, "columns");
    }

    [Fact]
    public async Task Job_gone_on_with_after_somebody_read_from_its_slot_shows_the_gap_and_the_next_reads_everything()
    {
        await using var table = await FollowedTable.CreateAsync(Columns, Ct);
        await table.SyncAsync(Ct);
        for (var i = 1; i <= 20; i++) await table.ExecuteAsync($"INSERT INTO followed VALUES ({i}, 'a')", Ct);
        var records = await table.Sync.SyncInTwoAttemptsAsync(1, Ct, between: async () =>
        {
            for (var i = 0; i < 100 && await table.Source.ScalarAsync<bool>("SELECT active FROM pg_replication_slots WHERE database = current_database()", Ct); i++) await Task.Delay(100, Ct);
            await table.ExecuteAsync("SELECT pg_replication_slot_advance(slot_name, pg_current_wal_lsn()) FROM pg_replication_slots WHERE database = current_database()", Ct);
        });
        Assert.True(records.Count < 20, $"{records.Count} records");
        Assert.Equal((true, true, GapBasis.Log, "tracking.log.lost.confirmed"), (table.Sync.Gap!.Checked, table.Sync.Gap.Detected, table.Sync.Gap.Against, table.Sync.Gap.Reason?.Key));
        await AssertReadsEverythingAsync(table, "confirmed");
        Assert.Empty(await table.SyncAsync(Ct));
        Assert.False(table.Report.Everything);
    }

    private static async Task<FollowedTable> PartitionedAsync()
    {
        var table = await FollowedTable.CreateAsync(Columns, Ct, sets: false);
        await table.ExecuteAsync(
            $"""
            DROP TABLE followed; CREATE TABLE followed ({Columns}) PARTITION BY RANGE (id);
            CREATE TABLE low PARTITION OF followed FOR VALUES FROM (0) TO (10); CREATE TABLE high PARTITION OF followed FOR VALUES FROM (10) TO (20);
            INSERT INTO followed VALUES (1, 'a'), (11, 'b')
            """, Ct);
        await table.SetUpAsync(Ct);
        await table.SyncAsync(Ct);
        return table;
    }

    private static async Task AssertReadsEverythingAsync(FollowedTable table, string reason)
    {
        Assert.All(await table.SyncAsync(Ct), c => Assert.Equal("read", (string)c["operation"]!));
        Assert.Equal((true, $"tracking.log.lost.{reason}"), (table.Report.Everything, table.Report.Reason?.Key));
        Assert.Equal(await table.TableAsync(Ct), table.Copy);
    }

    private static IEnumerable<string> Operations(IEnumerable<System.Text.Json.Nodes.JsonObject> changes) => changes.Select(c => (string)c["operation"]!);
}
