using System.Text.Json;
using System.Text.Json.Nodes;
using DataSync.IntegrationTests.Extract.Standby;
using DataSync.Pipeline.Incremental;

namespace DataSync.IntegrationTests.Extract.Incremental;

/// <summary>Transactions are numbered by server, and a state says whose numbers it holds.</summary>
public sealed partial class PostgresIncrementalTests
{
    private const string ByVersion = """{"table":"changes","change_tracking":"none","cursor_field":"version"}""";

    [Fact]
    public async Task Incremental_of_a_table_restored_elsewhere_reads_everything_and_says_why()
    {
        await using var restored = await PostgresSource.CreateAsync(Ct);
        await restored.ExecuteAsync("CREATE TABLE changes (id bigint PRIMARY KEY, version bigint, name text); INSERT INTO changes VALUES (1, 10, 'a'), (2, 20, 'not delivered yet')", Ct);
        await MakeTableAsync();
        await ExecuteAsync("INSERT INTO changes VALUES (1, 10, 'a')");
        var source = new IncrementalSource(Connector, Connection, ByVersion);
        Assert.Single(await source.SyncAsync(Ct));
        var moved = new IncrementalSource(Connector, restored.Connection, ByVersion, state: source.State);
        Assert.Equal(2, (await moved.SyncInTwoAttemptsAsync(batchSize: 1, Ct)).Count);
        Assert.Equal((true, "tracking.cursor.lost.server"), (moved.Tracking!.Everything, moved.Tracking.Reason?.Key));
        Assert.Empty(await moved.SyncAsync(Ct));
        Assert.Equal((false, "tracking.off"), (moved.Tracking!.Everything, moved.Tracking.Reason?.Key));
    }

    [Fact]
    public async Task Incremental_of_a_table_that_another_took_the_name_of_reads_everything_and_says_why()
    {
        await MakeTableAsync();
        await ExecuteAsync("INSERT INTO changes VALUES (1, 10, 'a'); CREATE TABLE made (LIKE changes INCLUDING ALL); INSERT INTO made VALUES (1, 10, 'a'), (2, 5, 'b')");
        var source = new IncrementalSource(Connector, Connection, ByVersion);
        Assert.Single(await source.SyncAsync(Ct));
        await ExecuteAsync("DROP TABLE changes; ALTER TABLE made RENAME TO changes");
        Assert.Equal(2, (await source.SyncAsync(Ct)).Count);
        Assert.Equal((true, "tracking.cursor.lost.table"), (source.Tracking!.Everything, source.Tracking.Reason?.Key));
        Assert.Empty(await source.SyncAsync(Ct));
    }

    [Theory]
    [InlineData("system", "1", "tracking.cursor.lost.server")]
    [InlineData("database", 1L, "tracking.cursor.lost.server")]
    [InlineData("table", 1L, "tracking.cursor.lost.table")]
    [InlineData("system", "", null), InlineData("system", null, null)]
    public async Task Incremental_state_of_another_origin_is_not_gone_on_with_and_one_without_is(string member, object? stored, string? reason)
    {
        await MakeTableAsync();
        await ExecuteAsync("INSERT INTO changes VALUES (1, 10, 'a')");
        var source = new IncrementalSource(Connector, Connection, ByVersion);
        Assert.Single(await source.SyncAsync(Ct));
        var state = JsonNode.Parse(source.State!.Data.GetRawText())!.AsObject();
        var plan = state["plan"]!.AsObject();
        Assert.True(stored is null ? plan.Remove("origin") : plan["origin"]!.AsObject().Remove(member));
        if (stored is not null) plan["origin"]![member] = stored is long number ? number : (string)stored;
        source = new IncrementalSource(Connector, Connection, ByVersion, state: source.State with { Data = JsonElement.Parse(state.ToJsonString()) });
        Assert.Equal(reason is null ? 0 : 1, (await source.SyncAsync(Ct)).Count);
        Assert.Equal((reason is not null, reason ?? "tracking.off"), (source.Tracking!.Everything, source.Tracking.Reason?.Key));
        Assert.NotEqual("", source.State!.Data.GetProperty("plan").GetProperty("origin").GetProperty("system").GetString());
    }

    [Fact]
    public async Task Incremental_of_a_table_that_was_rewritten_goes_on()
    {
        await MakeTableAsync();
        await ExecuteAsync("INSERT INTO changes VALUES (1, 10, 'a')");
        var source = new IncrementalSource(Connector, Connection, ByVersion);
        Assert.Single(await source.SyncAsync(Ct));
        await ExecuteAsync("VACUUM FULL changes");
        Assert.Empty(await source.SyncAsync(Ct));
        await ExecuteAsync("TRUNCATE changes; INSERT INTO changes VALUES (2, 20, 'b')");
        Assert.Single(await source.SyncAsync(Ct));
        Assert.Equal((false, "tracking.off"), (source.Tracking!.Everything, source.Tracking.Reason?.Key));
    }

    [Fact]
    public async Task Incremental_of_a_server_that_keeps_its_identity_to_itself_goes_on()
    {
        await MakeTableAsync();
        await ExecuteAsync("REVOKE EXECUTE ON FUNCTION pg_control_system() FROM PUBLIC; INSERT INTO changes VALUES (1, 10, 'a')");
        var source = new IncrementalSource(Connector, Connection, ByVersion);
        Assert.Single(await source.SyncAsync(Ct));
        Assert.Equal("", source.State!.Data.GetProperty("plan").GetProperty("origin").GetProperty("system").GetString());
        await ExecuteAsync("INSERT INTO changes VALUES (2, 20, 'b')");
        Assert.Single(await source.SyncAsync(Ct));
    }

    /// <summary>A copy that was promoted is to a state what a standby is: the same server, whose transactions are the ones it knows.</summary>
    [Fact]
    public async Task Incremental_of_a_physical_copy_goes_on_where_its_server_was_left()
    {
        var standby = await StandbyServer.GetAsync(Ct);
        await using var primary = await standby.CreateSourceAsync(Ct);
        await primary.ExecuteAsync("CREATE TABLE changes (id bigint PRIMARY KEY, version bigint, name text); INSERT INTO changes VALUES (1, 10, 'a')", Ct);
        await using var connector = PostgresSource.Connector();
        var source = new IncrementalSource(connector, primary.Connection, ByVersion);
        Assert.Single(await source.SyncAsync(Ct));
        await standby.CatchUpAsync(Ct);
        var copy = new IncrementalSource(connector, primary.ConnectionAs(primary.Login, primary.Password, port: standby.Port), ByVersion, state: source.State);
        Assert.Empty(await copy.SyncAsync(Ct));
        Assert.Equal((TrackingMethods.Cursor, false), (copy.Tracking!.Method, copy.Tracking.Everything));
    }
}
