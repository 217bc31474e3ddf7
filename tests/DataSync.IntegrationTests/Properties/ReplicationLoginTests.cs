using DataSync.IntegrationTests.Extract;
using DataSync.IntegrationTests.Extract.Odbc;
using DataSync.Pipeline.Connectors;
using DataSync.Pipeline.Failures;
using DataSync.Pipeline.Incremental;

namespace DataSync.IntegrationTests.Properties;

// Feature: data-sync-pipeline, Property 6: For any database connection, attempting to execute write operations (INSERT, UPDATE, DELETE, DROP) should fail with a permission error.
[Trait("Property", "6")]
public sealed class ReplicationLoginTests(ReadOnlyDatabase database) : IClassFixture<ReadOnlyDatabase>
{
    private const string Refused = "errors.extraction.replication_login";

    /// <summary>What a login with REPLICATION may do in a read-only transaction, and hide. The slot of another source is <c>{slot}</c>.</summary>
    private static readonly string[] Attacks =
    [
        "SELECT pg_drop_replication_slot('{slot}')::text AS a", "SELECT \"pg_drop_replication_slot\"('{slot}')::text AS a", "SELECT * FROM pg_catalog.pg_drop_replication_slot('{slot}') AS a",
        "SELECT pg_create_physical_replication_slot('{slot}_a', true)::text AS a", "SELECT pg_create_logical_replication_slot('{slot}_b', 'pgoutput')::text AS a", "SELECT pg_copy_logical_replication_slot('{slot}', '{slot}_c')::text AS a",
        "SELECT count(*) AS a FROM pg_logical_slot_get_changes('{slot}', NULL, NULL)", "SELECT count(*) AS a FROM pg_logical_slot_get_binary_changes('{slot}', NULL, NULL, 'proto_version', '1', 'publication_names', 'x')",
        "SELECT pg_replication_slot_advance('{slot}', pg_current_wal_lsn())::text AS a", "SELECT pg_replication_origin_create('{slot}')::text AS a", "SELECT pg_logical_emit_message(false, 'a', 'b')::text AS a",
        "SELECT query_to_xml('SELECT pg_drop_replication_slot(''{slot}'')', true, true, '')::text AS a", "SELECT table_to_xml('dropping', true, true, '')::text AS a", "SELECT drop_slot('{slot}') AS a", "SELECT a::text FROM dropping",
        "SELECT id AS a FROM items ORDER BY drop_slot('{slot}')", "WITH x AS (SELECT drop_slot('{slot}') AS a) SELECT a FROM x", "SELECT 1 AS a WHERE '{slot}' <-> 'x'", "SELECT a FROM (SELECT drop_slot('{slot}') AS a) q LIMIT 1", "VALUES (drop_slot('{slot}'))",
        "SELECT set_config('role', 'none', false), drop_slot('{slot}') AS a",
    ];

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Read_by_a_login_with_replication_leaves_the_slots_of_others_alone()
    {
        var slot = $"datasync_attacked_{Guid.CreateVersion7():n}";
        await database.Source.ExecuteAsync($"SELECT pg_create_logical_replication_slot('{slot}', 'pgoutput')", Ct);
        await database.Source.ExecuteAsync(
            $"""
            CREATE VIEW dropping AS SELECT pg_drop_replication_slot('{slot}')::text AS a, 1 AS b; GRANT SELECT ON dropping TO PUBLIC;
            CREATE FUNCTION drops(text, text) RETURNS boolean LANGUAGE sql AS 'SELECT drop_slot($1) = 1'; CREATE OPERATOR <-> (LEFTARG = text, RIGHTARG = text, FUNCTION = drops);
            CREATE TABLE guarded (id int PRIMARY KEY, b int); INSERT INTO guarded VALUES (1); ALTER TABLE guarded ENABLE ROW LEVEL SECURITY; CREATE POLICY p ON guarded USING (drop_slot('{slot}') = 1); GRANT SELECT ON guarded TO PUBLIC;
            CREATE DOMAIN checked AS int CHECK (drop_slot('{slot}') = VALUE); CREATE TABLE keyed (id checked PRIMARY KEY); CREATE TABLE compared (id int PRIMARY KEY, b checked); CREATE TABLE listed (id checked[] PRIMARY KEY);
            GRANT SELECT ON keyed, compared, listed TO PUBLIC;
            """,
            Ct);
        await using var native = PostgresSource.Connector();
        var before = await SlotsAsync(slot);
        Assert.NotEqual("", before);
        try
        {
            foreach (var (connector, connection) in new (IConnector, SourceConnection)[]
            {
                (native, database.Replica), (OdbcSource.Connector(), OdbcSource.Of(database.Source, $"{database.Source.Login}_replica", "pw")),
            })
            {
                foreach (var request in Attacks.Select(a => new ReadRequest { Query = a.Replace("{slot}", slot, StringComparison.Ordinal) })
                    .Concat([new ReadRequest { Table = "dropping" }, new ReadRequest { Table = "guarded" }, new ReadRequest { Table = "dropping", Window = new CursorWindow { Field = "b" } },
                        new ReadRequest { Table = "keyed" }, new ReadRequest { Table = "listed" }, new ReadRequest { Table = "compared", Window = new CursorWindow { Field = "b" } }]))
                {
                    Assert.Equal(Refused, (await ReadOutcome.FailureAsync(connector, connection, request, Ct)).MessageKey);
                    if (connector is IReadsWindows windows) await PlanAsync(windows, connection, request);
                    Assert.Equal(before, await SlotsAsync(slot));
                }

                Assert.Empty((await ReadOutcome.OfAsync(connector, connection, new ReadRequest { Table = "compared" }, Ct)).Documents);
                Assert.Equal(50, (await ReadOutcome.OfAsync(connector, connection, new ReadRequest { Table = "items" }, Ct)).Documents.Count);
            }

            // whoever takes logins that may write takes this one for every query, and so does one without REPLICATION
            await using var any = PostgresSource.Connector(allowWritable: true);
            Assert.Single((await ReadOutcome.OfAsync(any, database.Replica, new ReadRequest { Query = "SELECT 1 AS a" }, Ct)).Documents);
            Assert.Single((await ReadOutcome.OfAsync(native, database.Source.Connection, new ReadRequest { Query = "SELECT 1 AS a" }, Ct)).Documents);
            Assert.NotNull(await native.PlanAsync(database.Replica, new ReadRequest { Table = "items", Window = new CursorWindow { Field = "id" } }, null, 0, Ct));
        }
        finally
        {
            await database.Source.ExecuteAsync("SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name ~ '^datasync_attacked' AND database = current_database()", CancellationToken.None);
        }
    }

    /// <summary>The look ahead of an incremental sync runs the query too.</summary>
    private static async Task PlanAsync(IReadsWindows connector, SourceConnection connection, ReadRequest request)
    {
        try
        {
            await connector.PlanAsync(connection, request with { Window = new CursorWindow { Field = request.Table is null ? "a" : "b" } }, null, 0, Ct);
        }
        catch (SyncFailureException)
        {
            // refused: as good
        }
    }

    private Task<string> SlotsAsync(string slot) => database.Source.ScalarAsync<string>(
        $"SELECT coalesce(string_agg(concat(slot_name, confirmed_flush_lsn), ','), '') FROM pg_replication_slots WHERE starts_with(slot_name, '{slot}')", Ct);
}
