using System.Text.Json;
using DataSync.Pipeline.Connectors;
using DataSync.Pipeline.Failures;
using DataSync.Pipeline.Incremental;

namespace DataSync.IntegrationTests.Extract.SqlServer;

/// <summary>The server's own change tracking: what is asked of it, and what is made of its answers.</summary>
public sealed class SqlServerChangesTests
{
    private static readonly ReadRequest Items = new() { Table = "shop.items" };
    private static readonly TrackingOffer Available = new(TrackingMethods.ChangeTracking, true);

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(0, "table"), InlineData(1, "database"), InlineData(2, "tracking"), InlineData(4, "permission")]
    public async Task Offer_names_what_is_missing(int missing, string name)
    {
        await using var server = Server(state: [.. Enumerable.Range(0, 5).Select(i => i == missing ? 0 : 1)]);
        var offer = await TdsServer.Connector().OfferAsync(server.Connection(), Items, Ct);
        Assert.Equal((TrackingMethods.ChangeTracking, false, $"tracking.change_tracking.{name}"), (offer.Method, offer.IsAvailable, offer.Reason!.Key));
        Assert.Equal("[shop].[items]", offer.Reason.Params["table"]);
        var failure = (await Assert.ThrowsAsync<SyncFailureException>(() => ReadAsync(server, new ChangePlan { Everything = true }))).Failure;
        Assert.Equal("errors.extraction.not_tracked", failure.MessageKey);
    }

    [Fact]
    public async Task Offer_without_snapshots_is_none_and_with_everything_it_is()
    {
        await using var without = Server(snapshots: false);
        Assert.Equal("tracking.change_tracking.snapshots", (await TdsServer.Connector().OfferAsync(without.Connection(), Items, Ct)).Reason!.Key);
        await using var server = Server();
        Assert.Equal(Available, await TdsServer.Connector().OfferAsync(server.Connection(), Items, Ct));
    }

    [Fact]
    public async Task Setup_holds_what_is_missing_and_how_it_is_taken_away()
    {
        await using var server = Server(state: [1, 0, 0, 0, 0], snapshots: false);
        var setup = await TdsServer.Connector().SetupAsync(server.Connection(), Items, null, Ct);
        Assert.Equal(
            [
                "ALTER DATABASE [d]]b] SET CHANGE_TRACKING = ON (CHANGE_RETENTION = 7 DAYS, AUTO_CLEANUP = ON)", "ALTER DATABASE [d]]b] SET ALLOW_SNAPSHOT_ISOLATION ON",
                "ALTER TABLE [shop].[items] ENABLE CHANGE_TRACKING WITH (TRACK_COLUMNS_UPDATED = OFF)", "GRANT VIEW CHANGE TRACKING ON [shop].[items] TO [reader]",
            ],
            setup.Setup);
        Assert.Equal(["REVOKE VIEW CHANGE TRACKING ON [shop].[items] FROM [reader]", "ALTER TABLE [shop].[items] DISABLE CHANGE_TRACKING", "ALTER DATABASE [d]]b] SET CHANGE_TRACKING = OFF"], setup.Undo);
        Assert.Equal(["table", "primary_key"], setup.Checks.Where(c => c.Passed).Select(c => c.Name));
        Assert.False(setup.IsAvailable);

        await using var ready = Server();
        var done = await TdsServer.Connector().SetupAsync(ready.Connection(), Items, null, Ct);
        Assert.Empty(done.Setup);
        Assert.True(done.IsAvailable);
        Assert.DoesNotContain(done.Undo, u => u.Contains("DATABASE", StringComparison.Ordinal));
    }

    /// <summary>No version need have come in between: only a tracked table's changes have one.</summary>
    [Theory]
    [InlineData(7, 70, null), InlineData(7, null, null), InlineData(8, 70, "made_anew"), InlineData(7, 71, "made_anew")]
    public async Task Plan_behind_a_table_or_a_record_that_was_made_anew_reads_everything(int table, int? record, string? reason)
    {
        await using var server = Server(current: 41, least: 41, record: 70);
        var plan = await TdsServer.Connector().PlanAsync(server.Connection(), Items, Available, JsonSerializer.SerializeToElement(new { version = 41, table, record }), Ct);
        Assert.Equal((reason is not null, reason is null ? null : $"tracking.change_tracking.{reason}"), (plan.Everything, plan.Reason?.Key));
        await using var hidden = Server(current: 41, least: 41);
        plan = await TdsServer.Connector().PlanAsync(hidden.Connection(), Items, Available, JsonSerializer.SerializeToElement(new { version = 41, table = 7, record }), Ct);
        Assert.False(plan.Everything);
    }

    [Theory]
    [InlineData(null, true, null), InlineData(5L, false, null), InlineData(41L, false, null), InlineData(4L, true, "expired"), InlineData(42L, true, "restored")]
    public async Task Plan_begins_behind_the_last_or_reads_everything_and_says_why(long? last, bool everything, string? reason)
    {
        await using var server = Server(current: 41, least: 5);
        JsonElement? stored = last is { } version ? JsonSerializer.SerializeToElement(new { version }) : null;
        var plan = await TdsServer.Connector().PlanAsync(server.Connection(), Items, Available, stored, Ct);
        Assert.Equal((everything, reason is null ? null : $"tracking.change_tracking.{reason}"), (plan.Everything, plan.Reason?.Key));
        if (!everything) Assert.Equal(stored!.Value.GetRawText(), plan.Extent!.Value.GetRawText());
    }

    [Fact]
    public async Task Read_everything_is_one_snapshot_and_the_next_sync_begins_at_its_version()
    {
        await using var server = Server(current: 41, record: 70, rows: static sql =>
        {
            Assert.Contains("SELECT 'R', @datasync_version, w.[id], w.[id], w.[id], CAST(w.[name] AS varbinary(8000)) FROM [shop].[items] AS w ORDER BY w.[id]", sql, StringComparison.Ordinal);
            return Rows().Row(Operation("R"), TdsValue.Long(41), TdsValue.Int(1), TdsValue.Int(1), TdsValue.Int(1), TdsValue.Text("one")).Row(Operation("R"), TdsValue.Long(41), TdsValue.Int(2), TdsValue.Int(2), TdsValue.Int(2), [0xFF, 0xFF]).Done(2);
        });
        var plan = new ChangePlan { Everything = true };
        Assert.Equal(
            [
                """{"_change":{"operation":"read","key":{"id":1},"position":"0000000000000000041-0000000000"},"id":1,"name":"one"}""",
                """{"_change":{"operation":"read","key":{"id":2},"position":"0000000000000000041-0000000001"},"id":2,"name":null}""",
            ],
            await ReadAsync(server, plan));
        Assert.Equal(("""{"version":41,"table":7,"record":70}""", "41"), (plan.Next!.Value.GetRawText(), plan.Position));
        var asked = server.Asked.ToList();
        Assert.True(asked.IndexOf("SET TRANSACTION ISOLATION LEVEL SNAPSHOT; BEGIN TRANSACTION;") is var begin && begin >= 0 && begin < asked.FindIndex(a => a.Contains("CHANGE_TRACKING_CURRENT_VERSION", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Read_changes_come_in_order_and_a_deleted_row_shows_its_key()
    {
        await using var server = Server(current: 50, rows: static sql =>
        {
            Assert.Contains("CHANGETABLE(CHANGES [shop].[items], @datasync_version) AS c LEFT JOIN [shop].[items] AS w ON w.[id] = c.[id] ORDER BY c.SYS_CHANGE_VERSION, c.[id]", sql, StringComparison.Ordinal);
            return Rows().Row(Operation("I"), TdsValue.Long(43), TdsValue.Int(3), TdsValue.Int(3), TdsValue.Int(3), TdsValue.Text("three"))
                .Row(Operation("D"), TdsValue.Long(44), TdsValue.Int(1), TdsValue.Int(1), TdsValue.Null, [0xFF, 0xFF])
                .Row(Operation("U"), TdsValue.Long(44), TdsValue.Int(2), TdsValue.Int(2), TdsValue.Int(2), TdsValue.Text("zwei")).Done(3);
        });
        var plan = new ChangePlan { Extent = JsonElement.Parse("""{"version":41}""") };
        var documents = await ReadAsync(server, plan);
        Assert.Equal(
            [
                """{"_change":{"operation":"insert","key":{"id":3},"position":"0000000000000000043-0000000000"},"id":3,"name":"three"}""",
                """{"_change":{"operation":"delete","key":{"id":1},"position":"0000000000000000044-0000000001"},"id":1}""",
                """{"_change":{"operation":"update","key":{"id":2},"position":"0000000000000000044-0000000002"},"id":2,"name":"zwei"}""",
            ],
            documents);
        Assert.Equal("""{"version":50,"table":7}""", plan.Next!.Value.GetRawText());
        Assert.Equal((true, null), (plan.IsChecked, plan.Lost));
        var positions = documents.Select(d => JsonElement.Parse(d).GetProperty("_change").GetProperty("position").GetString()).ToList();
        Assert.Equal(positions.Order(StringComparer.Ordinal), positions);
    }

    [Theory]
    [InlineData(45L, """{"version":41}"""), InlineData(41L, """{"version":41,"table":8}"""), InlineData(41L, """{"version":41,"table":7,"record":71}"""), InlineData(null, """{"version":41}""")]
    public async Task Read_of_changes_that_went_since_the_plan_is_tried_anew(long? least, string extent)
    {
        await using var server = Server(current: 50, least: least, record: 70);
        var failure = (await Assert.ThrowsAsync<SyncFailureException>(() => ReadAsync(server, new ChangePlan { Extent = JsonElement.Parse(extent) }))).Failure;
        Assert.Equal(("errors.extraction.conflict", FailureKind.Transient), (failure.MessageKey, failure.Kind));
    }

    private static async Task<List<string>> ReadAsync(TdsServer server, ChangePlan plan)
    {
        var documents = new List<string>();
        await foreach (var batch in TdsServer.Connector().ReadChangesAsync(server.Connection(), Items, plan, Ct))
        {
            using (batch)
            {
                Assert.True(batch.ResumeToken.IsEmpty);
                for (var i = 0; i < batch.Count; i++) documents.Add(System.Text.Encoding.UTF8.GetString(batch.Raw[i]));
            }
        }

        return documents;
    }

    private static TdsAnswer Rows() => new TdsAnswer().Columns(
        new TdsColumn("o", TdsColumn.TextInfo(0xE7, 8000)), TdsColumn.BigInt("v"), TdsColumn.Int("k"), TdsColumn.Int("k"), TdsColumn.Int("id"), new TdsColumn("", [0xA5, 0x40, 0x1F]));

    private static byte[] Operation(string value) => TdsValue.Text(value);

    private static TdsServer Server(int[]? state = null, bool snapshots = true, long current = 41, long? least = 0, int? record = null, Func<string, TdsAnswer>? rows = null) => new()
    {
        HasSnapshots = snapshots,
        OnStatement = sql =>
        {
            state ??= [1, 1, 1, 1, 1];
            if (sql.Contains("change_tracking_databases", StringComparison.Ordinal))
            {
                return new TdsAnswer().Columns(TdsColumn.Int("a"), TdsColumn.Int("b"), TdsColumn.Int("c"), TdsColumn.Int("d"), TdsColumn.Int("e"), TdsColumn.NVarChar("f"), TdsColumn.NVarChar("g"), TdsColumn.Int("h"))
                    .Row([.. state.Select(TdsValue.Int), TdsValue.Text("d]b"), TdsValue.Text("reader"), record is { } own ? TdsValue.Int(own) : TdsValue.Null]).Done(1);
            }

            if (sql.Contains("CHANGE_TRACKING_CURRENT_VERSION", StringComparison.Ordinal)) return new TdsAnswer().Columns(TdsColumn.BigInt("c"), TdsColumn.BigInt("m")).Row(TdsValue.Long(current), least is { } from ? TdsValue.Long(from) : TdsValue.Null).Done(1);
            return sql.Contains("@datasync_version", StringComparison.Ordinal) ? rows!(sql) : Catalog(sql);
        },
    };

    private static TdsAnswer Catalog(string sql)
    {
        if (sql.Contains("OBJECT_ID(@name)", StringComparison.Ordinal))
            return new TdsAnswer().Columns(TdsColumn.Int("id"), TdsColumn.NVarChar("s"), TdsColumn.NVarChar("n")).Row(TdsValue.Int(7), TdsValue.Text("shop"), TdsValue.Text("items")).Done(1);
        if (sql.Contains("is_primary_key", StringComparison.Ordinal)) return new TdsAnswer().Columns(TdsColumn.NVarChar("c")).Row(TdsValue.Text("id")).Done(1);
        return new TdsAnswer()
            .Columns(TdsColumn.Int("object_id"), TdsColumn.NVarChar("name"), TdsColumn.NVarChar("type"), TdsColumn.SmallInt("length"), TdsColumn.TinyInt("precision"), TdsColumn.TinyInt("scale"), TdsColumn.NVarChar("collation"), TdsColumn.Bit("nullable"))
            .Row(TdsValue.Int(7), TdsValue.Text("id"), TdsValue.Text("int"), TdsValue.Short(4), TdsValue.Byte(10), TdsValue.Byte(0), [0xFF, 0xFF], [1, 0])
            .Row(TdsValue.Int(7), TdsValue.Text("name"), TdsValue.Text("nvarchar"), TdsValue.Short(40), TdsValue.Byte(0), TdsValue.Byte(0), TdsValue.Text("Latin1_General_CI_AS"), [1, 1]).Done(2);
    }
}
