using DataSync.Extract.Connectors.Postgres.Log;
using DataSync.Pipeline.Connectors;
using DataSync.Pipeline.Failures;
using DataSync.Pipeline.Incremental;
using Npgsql;

namespace DataSync.IntegrationTests.Extract.Log;

/// <summary>Changes of PostgreSQL tables, followed by the log of a real server.</summary>
public sealed class PostgresLogTests
{
    private const string Columns = "id bigint PRIMARY KEY, name text";

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Setup_statements_put_everything_in_place_and_the_undo_takes_it_away()
    {
        await using var table = await FollowedTable.CreateAsync(Columns, Ct, sets: false);
        var before = await table.SetupAsync(Ct);
        Assert.Equal(["replication", "publication"], before.Checks.Where(c => !c.Passed).Select(c => c.Name));
        Assert.Equal("tracking.log.replication", (await table.Connector.OfferAsync(table.Connection, new ReadRequest { Table = "followed" }, Ct)).Reason!.Key);

        foreach (var statement in before.Setup) await table.ExecuteAsync(statement, Ct);
        var after = await table.SetupAsync(Ct);
        Assert.All(after.Checks, c => Assert.True(c.Passed, c.Name));
        Assert.Empty(after.Setup);
        Assert.True((await table.Connector.OfferAsync(table.Connection, new ReadRequest { Table = "followed" }, Ct)).IsAvailable);

        foreach (var statement in after.Undo) await table.ExecuteAsync(statement, Ct);
        Assert.Equal(0, await table.Source.ScalarAsync<long>("SELECT count(*) FROM pg_replication_slots WHERE database = current_database()", Ct));
        Assert.Equal(0, await table.Source.ScalarAsync<long>("SELECT count(*) FROM pg_publication", Ct));
        Assert.Equal(["replication", "publication"], (await table.SetupAsync(Ct)).Checks.Where(c => !c.Passed).Select(c => c.Name));
    }

    [Theory]
    [InlineData("CREATE TABLE followed (id bigint, name text)", "key")]
    [InlineData("CREATE TABLE followed (id bigint PRIMARY KEY); ALTER TABLE followed REPLICA IDENTITY NOTHING", "identity")]
    [InlineData("CREATE UNLOGGED TABLE followed (id bigint PRIMARY KEY)", "table")]
    [InlineData("CREATE VIEW followed AS SELECT 1::bigint AS id", "table")]
    [InlineData("CREATE TABLE followed (id bigint PRIMARY KEY, twice bigint GENERATED ALWAYS AS (id * 2) STORED)", "generated")]
    [InlineData("CREATE TABLE followed (id bigint PRIMARY KEY, at point)", "types")]
    [InlineData("CREATE TYPE mood AS ENUM ('sad', 'ok'); CREATE TYPE moods AS RANGE (subtype = mood); CREATE TABLE followed (id bigint PRIMARY KEY, felt moods)", "types")]
    [InlineData("CREATE TYPE span AS (during int4range, note text); CREATE TABLE followed (id bigint PRIMARY KEY, kept span)", "types")]
    [InlineData("CREATE DOMAIN days AS daterange; CREATE TABLE followed (id bigint PRIMARY KEY, off days[])", "types")]
    [InlineData("CREATE TABLE followed (id bigint PRIMARY KEY); ALTER TABLE followed ENABLE ROW LEVEL SECURITY", "row_security")]
    public async Task Offer_names_what_stands_in_the_way(string made, string missing)
    {
        await using var table = await FollowedTable.CreateAsync(Columns, Ct, sets: false);
        await table.ExecuteAsync($"DROP TABLE followed; {made}", Ct);
        var setup = await table.SetupAsync(Ct);
        Assert.Contains(missing, setup.Checks.Where(c => !c.Passed).Select(c => c.Name));
        var failure = await Assert.ThrowsAsync<SyncFailureException>(() => table.SyncAsync(Ct));
        Assert.Equal("errors.extraction.not_tracked", failure.Failure.MessageKey);
    }

    [Theory]
    [InlineData("FOR TABLE other")]
    [InlineData("FOR TABLE followed WITH (publish = 'insert')")]
    [InlineData("FOR TABLE followed (id)")]
    [InlineData("FOR TABLE followed WHERE (id > 5)")]
    public async Task Offer_takes_no_publication_that_leaves_something_out(string publication)
    {
        await using var table = await FollowedTable.CreateAsync(Columns, Ct, more: "CREATE TABLE other (id bigint PRIMARY KEY)");
        var name = await table.Source.ScalarAsync<string>("SELECT pubname::text FROM pg_publication", Ct);
        await table.ExecuteAsync($"DROP PUBLICATION {name}; CREATE PUBLICATION {name} {publication}", Ct);
        Assert.Equal("tracking.log.publication", (await table.Connector.OfferAsync(table.Connection, new ReadRequest { Table = "followed" }, Ct)).Reason!.Key);
        await table.SetUpAsync(Ct);
        Assert.True((await table.Connector.OfferAsync(table.Connection, new ReadRequest { Table = "followed" }, Ct)).IsAvailable);
    }

    [Fact]
    public async Task Sync_reads_everything_once_then_each_change_in_order()
    {
        await using var table = await FollowedTable.CreateAsync(Columns, Ct);
        await table.ExecuteAsync("INSERT INTO followed VALUES (1, 'a'), (2, 'b'), (3, NULL)", Ct);
        Assert.Equal(["read", "read", "read"], Operations(await table.SyncAsync(Ct)));
        Assert.Equal((TrackingMethods.Log, true, null), (table.Report.Method, table.Report.Everything, table.Report.Reason));
        Assert.Empty(await table.SyncAsync(Ct));

        await table.ExecuteAsync("INSERT INTO followed VALUES (4, 'd'); UPDATE followed SET name = 'B' WHERE id = 2; DELETE FROM followed WHERE id = 1", Ct);
        await table.ExecuteAsync("BEGIN; INSERT INTO followed VALUES (9, 'never'); ROLLBACK", Ct);
        await table.ExecuteAsync("UPDATE followed SET id = 30 WHERE id = 3", Ct);
        Assert.Equal(["insert", "update", "delete", "delete", "insert"], Operations(await table.SyncAsync(Ct)));
        Assert.False(table.Report.Everything);
        Assert.Equal(await table.TableAsync(Ct), table.Copy);

        await table.ExecuteAsync("TRUNCATE followed; INSERT INTO followed VALUES (5, 'e')", Ct);
        Assert.Equal(["truncate", "insert"], Operations(await table.SyncAsync(Ct)));
        Assert.Equal(await table.TableAsync(Ct), table.Copy);
        Assert.Empty(await table.SyncAsync(Ct));
    }

    [Fact]
    public async Task Records_of_the_log_have_the_bytes_of_a_full_sync()
    {
        await using var typed = await FollowedTable.CreateAsync(Columns, Ct, sets: false);
        await typed.ExecuteAsync(
            """
            DROP TABLE followed; CREATE TYPE mood AS ENUM ('sad "quoted"', '高兴'); CREATE DOMAIN short AS text CHECK (length(VALUE) < 9); CREATE TYPE pair AS (a int, b text);
            CREATE TABLE followed (id bigint PRIMARY KEY, t text, v varchar(20), c char(5), n numeric, i smallint, r real, d double precision, b boolean, y bytea, u uuid, j json, jb jsonb,
            da date, ts timestamp, tz timestamptz, ti time, tt timetz, iv interval, ip inet, ci cidr, ia int[], ta text[], m mood, dm short, p pair)
            """, Ct);
        await typed.SetUpAsync(Ct);
        await typed.SyncAsync(Ct);
        await typed.ExecuteAsync(
            """
            INSERT INTO followed (id) VALUES (1);
            INSERT INTO followed VALUES (2, E'"\\\t\n\u0001 😀 é', '', 'ab', 'NaN', -32768, '1e-45', '-Infinity', true, '\x00ff', '00000000-0000-0000-0000-000000000000', E'{"a" :\n 1.0}', '{"b":[1,null]}',
                'infinity', '4713-01-01 00:00:00 BC', '294276-12-31 23:59:59.999999Z', '24:00', '23:59:59.999999+15:59', '-1 year 2 mons -3 days 04:05:06.789', '::1', '10.0.0.0/8',
                '{{1,NULL},{3,4}}', '{"a,b",NULL,"\"x\""}', '高兴', 'x', ROW(1, 'two, "three"'));
            INSERT INTO followed VALUES (-9223372036854775808, repeat('€', 1000), 'v', 'abcde', 12345678901234567890.123456789012345678900, 32767, '3.4e38', '2.2250738585072014e-308', false, '', 'ffffffff-ffff-ffff-ffff-ffffffffffff', 'null', '"s"',
                '5874897-12-31', '-infinity', 'epoch', '00:00', '00:00-15:59', '178000000 years', '10.1.2.3/8', '::/0', '{}', '{}', 'sad "quoted"', '', NULL);
            UPDATE followed SET n = 0.000, jb = '{}' WHERE id = 1
            """, Ct);
        Assert.Equal(4, (await typed.SyncAsync(Ct)).Count);
        Assert.Equal(await typed.TableAsync(Ct), typed.Copy);
    }

    [Fact]
    public async Task Large_values_that_an_update_left_alone_never_come_out_as_null()
    {
        await using var table = await FollowedTable.CreateAsync("id bigint PRIMARY KEY, n int, doc text", Ct, more: "ALTER TABLE followed ALTER doc SET STORAGE EXTERNAL");
        await table.ExecuteAsync("INSERT INTO followed VALUES (1, 1, repeat('a', 100000)), (2, 1, repeat('b', 100000))", Ct);
        await table.SyncAsync(Ct);
        await table.ExecuteAsync("UPDATE followed SET n = 2 WHERE id = 1", Ct);
        var change = Assert.Single(await table.SyncAsync(Ct));
        Assert.Equal("""["doc"]""", change["unchanged"]!.ToJsonString());
        Assert.Equal(await table.TableAsync(Ct), table.Copy);

        await table.ExecuteAsync("ALTER TABLE followed REPLICA IDENTITY FULL", Ct);
        await table.ExecuteAsync("UPDATE followed SET n = 3 WHERE id = 2; DELETE FROM followed WHERE id = 1", Ct);
        var changes = await table.SyncAsync(Ct);
        Assert.Equal(["update", "delete"], Operations(changes));
        Assert.All(changes, c => Assert.False(c.ContainsKey("unchanged")));
        Assert.Equal(await table.TableAsync(Ct), table.Copy);
    }

    [Theory]
    [InlineData("slot", "slot")]
    [InlineData("publication", "publication")]
    [InlineData("table", "table")]
    [InlineData("confirmed", "confirmed")]
    public async Task Lost_positions_are_answered_by_reading_everything_and_the_reason(string lost, string reason)
    {
        await using var table = await FollowedTable.CreateAsync(Columns, Ct);
        await table.ExecuteAsync("INSERT INTO followed VALUES (1, 'a')", Ct);
        await table.SyncAsync(Ct);
        var slot = await table.Source.ScalarAsync<string>("SELECT slot_name::text FROM pg_replication_slots WHERE database = current_database()", Ct);
        await table.ExecuteAsync("INSERT INTO followed VALUES (2, 'b')", Ct);
        await table.ExecuteAsync(lost switch
        {
            "slot" => $"SELECT pg_drop_replication_slot('{slot}')",
            "publication" => $"DROP PUBLICATION {slot}; CREATE PUBLICATION {slot} FOR TABLE followed",
            "table" => $"DROP TABLE followed; CREATE TABLE followed ({Columns}); INSERT INTO followed VALUES (7, 'new'); ALTER PUBLICATION {slot} ADD TABLE followed",
            _ => $"SELECT pg_replication_slot_advance('{slot}', pg_current_wal_lsn())",
        }, Ct);
        var changes = await table.SyncAsync(Ct);
        Assert.All(changes, c => Assert.Equal("read", (string)c["operation"]!));
        Assert.Equal((true, $"tracking.log.lost.{reason}"), (table.Report.Everything, table.Report.Reason?.Key));
        Assert.Equal(await table.TableAsync(Ct), table.Copy);
        await table.ExecuteAsync("INSERT INTO followed VALUES (3, 'c')", Ct);
        Assert.Equal(["insert"], Operations(await table.SyncAsync(Ct)));
    }

    /// <summary>What befell the server shows in the difference between what was stored and what it says now, so the other side is moved.</summary>
    [Theory]
    [InlineData("server", "system", "1")]
    [InlineData("server", "database", 1L)]
    [InlineData("timeline", "timeline", "0000FFFF")]
    [InlineData("rewound", "lsn", "7FFFFFFF00000000")]
    [InlineData("position", "lsn", null)]
    public async Task Positions_of_another_history_are_answered_by_reading_everything_and_the_reason(string reason, string member, object? stored)
    {
        await using var table = await FollowedTable.CreateAsync(Columns, Ct);
        await table.ExecuteAsync("INSERT INTO followed VALUES (1, 'a')", Ct);
        await table.SyncAsync(Ct);
        await table.ExecuteAsync("INSERT INTO followed VALUES (2, 'b')", Ct);
        table.Remember(position =>
        {
            Assert.True(position.Remove(member));
            if (stored is not null) position[member] = stored is long number ? number : (string)stored;
        });
        Assert.All(await table.SyncAsync(Ct), c => Assert.Equal("read", (string)c["operation"]!));
        Assert.Equal((true, $"tracking.log.lost.{reason}"), (table.Report.Everything, table.Report.Reason?.Key));
        Assert.Equal(await table.TableAsync(Ct), table.Copy);
        await table.ExecuteAsync("INSERT INTO followed VALUES (3, 'c')", Ct);
        Assert.Equal(["insert"], Operations(await table.SyncAsync(Ct)));
        Assert.Null(table.Report.Reason);
    }

    /// <summary>On a server of its own: how much log it keeps is a setting for all slots.</summary>
    [Fact]
    public async Task Slot_whose_log_its_server_gave_up_is_answered_by_reading_everything_and_the_reason()
    {
        await using var server = await LostLogServer.StartAsync(Ct);
        await using var table = await FollowedTable.CreateAsync(Columns, Ct, superuser: server.Superuser);
        await table.ExecuteAsync("INSERT INTO followed VALUES (1, 'a')", Ct);
        await table.SyncAsync(Ct);
        await table.ExecuteAsync("INSERT INTO followed VALUES (2, 'b')", Ct);
        await table.ExecuteAsync("ALTER SYSTEM SET max_slot_wal_keep_size = '1MB'", Ct);
        await table.ExecuteAsync("SELECT pg_reload_conf()", Ct);
        var status = "";
        for (var i = 0; i < 100 && status != "lost"; i++)
        {
            await table.ExecuteAsync("SELECT txid_current(), pg_switch_wal()", Ct);
            await table.ExecuteAsync("CHECKPOINT", Ct);
            status = await table.Source.ScalarAsync<string>("SELECT wal_status FROM pg_replication_slots WHERE database = current_database()", Ct);
        }

        Assert.Equal("lost", status);
        Assert.All(await table.SyncAsync(Ct), c => Assert.Equal("read", (string)c["operation"]!));
        Assert.Equal((true, "tracking.log.lost.wal"), (table.Report.Everything, table.Report.Reason?.Key));
        Assert.Equal(await table.TableAsync(Ct), table.Copy);
        await table.ExecuteAsync("INSERT INTO followed VALUES (3, 'c')", Ct);
        Assert.Equal(["insert"], Operations(await table.SyncAsync(Ct)));
    }

    [Fact]
    public async Task Transaction_that_was_broken_off_in_the_middle_is_gone_on_with_there()
    {
        await using var table = await FollowedTable.CreateAsync(Columns, Ct);
        await table.SyncAsync(Ct);
        await table.ExecuteAsync("INSERT INTO followed SELECT i, 'x' FROM generate_series(1, 50) i; UPDATE followed SET id = -id WHERE id < 20", Ct);
        Assert.Equal(50 + (2 * 19), (await table.SyncAsync(Ct, batchSize: 7, inTwoAttempts: true)).Count);
        Assert.Equal(await table.TableAsync(Ct), table.Copy);
        Assert.Empty(await table.SyncAsync(Ct));
    }

    [Fact]
    public async Task Sync_whose_state_was_not_stored_comes_again_whole()
    {
        await using var table = await FollowedTable.CreateAsync(Columns, Ct);
        await table.SyncAsync(Ct);
        await table.ExecuteAsync("INSERT INTO followed VALUES (1, 'a')", Ct);
        await table.SyncAsync(Ct);
        await table.ExecuteAsync("INSERT INTO followed SELECT i, 'b' FROM generate_series(2, 30) i", Ct);

        // read to its end, by another that knows the same state, and killed before its job was complete
        for (var i = 0; i < 3; i++)
        {
            var killed = new Incremental.IncrementalSource(table.Connector, table.Connection, """{"table":"followed"}""", state: table.Sync.State);
            Assert.Equal(29, (await killed.SyncAsync(Ct)).Count);
        }

        Assert.Equal(29, (await table.SyncAsync(Ct)).Count);
        Assert.Equal(await table.TableAsync(Ct), table.Copy);
    }

    [Fact]
    public async Task Log_of_a_server_that_keeps_its_identity_to_itself_is_followed()
    {
        await using var table = await FollowedTable.CreateAsync(Columns, Ct, more: "REVOKE EXECUTE ON FUNCTION pg_control_system() FROM PUBLIC");
        await table.SyncAsync(Ct);
        Assert.Equal("", table.Sync.State!.Data.GetProperty("next").GetProperty("system").GetString());
        await table.ExecuteAsync("INSERT INTO followed VALUES (1, 'a')", Ct);
        Assert.Equal(["insert"], Operations(await table.SyncAsync(Ct)));
    }

    [Fact]
    public async Task Slot_of_a_table_without_changes_holds_no_log_back()
    {
        await using var table = await FollowedTable.CreateAsync(Columns, Ct, more: "CREATE TABLE busy (id bigint)");
        await table.SyncAsync(Ct);
        var before = await ConfirmedAsync(table);
        for (var i = 0; i < 100; i++)
        {
            await table.ExecuteAsync("INSERT INTO busy SELECT generate_series(1, 100)", Ct);
            Assert.Empty(await table.SyncAsync(Ct));
            if (await ConfirmedAsync(table) > before) return;
        }

        Assert.Fail("The slot stands where it stood.");
    }

    [Fact]
    public async Task Release_gives_the_slot_up_and_can_be_repeated()
    {
        await using var table = await FollowedTable.CreateAsync(Columns, Ct);
        await table.SyncAsync(Ct);
        Assert.Equal(1, await SlotsAsync(table));
        await table.Connector.ReleaseAsync(table.Connection, null, Ct);
        Assert.Equal(0, await SlotsAsync(table));
        await table.Connector.ReleaseAsync(table.Connection, null, Ct);
    }

    /// <summary>Whoever begins a sync meanwhile waits until the slot is dropped, and finds none; whoever has begun by then is found.</summary>
    [Theory, InlineData(true), InlineData(false)]
    public async Task Release_asks_whether_the_slot_is_unused_while_nobody_can_begin_to_use_it(bool isUnused)
    {
        await using var table = await FollowedTable.CreateAsync(Columns, Ct);
        await table.SyncAsync(Ct);
        Task<TrackingOffer>? offering = null;
        await table.Connector.ReleaseAsync(table.Connection, null, Ct, async _ =>
        {
            offering = table.Connector.OfferAsync(table.Connection, new ReadRequest { Table = "followed" }, Ct);
            while (!await table.Source.ScalarAsync<bool>("SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))", Ct))
            {
                Assert.False(offering.IsCompleted);
                await Task.Delay(20, Ct);
            }

            return isUnused;
        });
        Assert.Equal(isUnused ? 0 : 1, await SlotsAsync(table));
        Assert.Equal(!isUnused, Assert.IsType<LogFacts>((await offering!).Found).HasSlot);
    }

    /// <summary>It asks a database of ours: the source's server is not to blame for it.</summary>
    [Fact]
    public async Task Release_fails_as_the_question_whether_the_slot_is_unused_does()
    {
        await using var table = await FollowedTable.CreateAsync(Columns, Ct);
        await table.SyncAsync(Ct);
        var ours = new NpgsqlException("Ours.");
        Assert.Same(ours, await Assert.ThrowsAsync<NpgsqlException>(() => table.Connector.ReleaseAsync(table.Connection, null, Ct, _ => Task.FromException<bool>(ours))));
        Assert.Equal(1, await SlotsAsync(table));
    }

    [Fact]
    public async Task Two_tenants_sources_of_one_id_follow_by_slots_of_their_own()
    {
        await using var table = await FollowedTable.CreateAsync(Columns, Ct);
        var connection = new SourceConnection(table.Connection.Driver, table.Connection.ConnectionParams, "other") { TenantId = "another", SourceId = table.Connection.SourceId };
        foreach (var statement in (await table.Connector.SetupAsync(connection, new ReadRequest { Table = "followed" }, null, Ct)).Setup) await table.ExecuteAsync(statement, Ct);
        await table.ExecuteAsync("INSERT INTO followed VALUES (1, 'a')", Ct);
        var other = new Incremental.IncrementalSource(table.Connector, connection, """{"table":"followed"}""");
        Assert.Single(await table.SyncAsync(Ct));
        Assert.Single(await other.SyncAsync(Ct));
        Assert.Equal(2, await SlotsAsync(table));
        await table.ExecuteAsync("INSERT INTO followed VALUES (2, 'b')", Ct);
        Assert.Single(await other.SyncAsync(Ct));
        Assert.Single(await table.SyncAsync(Ct));
        await table.Connector.ReleaseAsync(connection, null, Ct);
    }

    private static Task<long> SlotsAsync(FollowedTable table) => table.Source.ScalarAsync<long>("SELECT count(*) FROM pg_replication_slots WHERE database = current_database()", Ct);

    private static Task<decimal> ConfirmedAsync(FollowedTable table)
        => table.Source.ScalarAsync<decimal>("SELECT confirmed_flush_lsn - '0/0'::pg_lsn FROM pg_replication_slots WHERE database = current_database()", Ct);

    private static IEnumerable<string> Operations(IEnumerable<System.Text.Json.Nodes.JsonObject> changes) => changes.Select(c => (string)c["operation"]!);
}
