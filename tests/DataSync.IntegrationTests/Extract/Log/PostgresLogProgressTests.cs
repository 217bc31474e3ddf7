using System.Diagnostics;
using System.Text.Json;
using DataSync.Pipeline.Connectors;
using DataSync.Pipeline.Failures;

namespace DataSync.IntegrationTests.Extract.Log;

/// <summary>Logs that take long to look through, and servers that do not get on.</summary>
public sealed class PostgresLogProgressTests
{
    private const string Columns = "id bigint PRIMARY KEY, name text";

    private static readonly ReadRequest Request = new() { Table = "followed", BatchSize = 100, StatementTimeout = TimeSpan.FromSeconds(1) };

    private static readonly (LogConduct Conduct, string Key)[] NotGettingOn =
    [
        (LogConduct.Hangs, "errors.connection.timeout"), (LogConduct.Resets, "errors.connection.lost"), (LogConduct.Trickles, "errors.connection.timeout"), (LogConduct.Stands, "errors.connection.timeout"),
    ];

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Reading_of_a_log_waits_longer_than_a_step_as_long_as_the_server_comes_further()
    {
        await using var table = await FollowedTable.CreateAsync(Columns, Ct);
        await table.SyncAsync(Ct);
        await table.ExecuteAsync("INSERT INTO followed VALUES (1, 'a')", Ct);
        await using var relay = new ReplicationRelay(Port(table), LogConduct.LooksOver);
        var clock = Stopwatch.StartNew();
        var (last, records) = (Last(table), 0);
        for (var i = 0; i < 5 && records == 0; i++)
        {
            var read = await ReadAsync(table, To(table, relay), last);
            (last, records) = (read.Next, read.Records);
        }

        Assert.Equal(1, records);
        Assert.InRange(clock.Elapsed.TotalSeconds, 6, 60);
    }

    /// <summary>Decoding goes through the server's disk, so that it takes long for few rows.</summary>
    [Fact]
    public async Task Log_of_other_tables_that_takes_longer_than_a_sync_has_is_looked_through_by_several()
    {
        await using var table = await FollowedTable.CreateAsync(Columns, Ct, more: "CREATE TABLE other (id bigint)");
        await table.ExecuteAsync($"ALTER ROLE {table.Source.Login} SET logical_decoding_work_mem = '64kB'", Ct);
        await table.SyncAsync(Ct);
        await table.ExecuteAsync("INSERT INTO followed VALUES (1, 'a')", Ct);
        for (var i = 0; i < 20; i++) await table.ExecuteAsync("INSERT INTO other SELECT generate_series(1, 40000)", Ct);
        await table.ExecuteAsync("INSERT INTO followed VALUES (2, 'b')", Ct);
        var (last, records) = (Last(table), 0);
        List<string?> reasons = [];
        List<string> positions = [Lsn(last)];
        while (records < 2 && reasons.Count < 100)
        {
            var read = await ReadAsync(table, table.Connection, last);
            last = read.Next;
            records += read.Records;
            reasons.Add(read.Reason);
            positions.Add(Lsn(last));
        }

        TestContext.Current.SendDiagnosticMessage(string.Join(' ', reasons.Zip(positions)));
        Assert.Equal(2, records);
        Assert.Equal(positions.Order(StringComparer.Ordinal).Distinct(StringComparer.Ordinal), positions);
        Assert.Contains("tracking.log.cut_short", reasons);
        Assert.InRange(reasons.Count, 2, 99);

        // what the syncs in between had come to was told to the server
        var confirmed = await table.Source.ScalarAsync<decimal>("SELECT confirmed_flush_lsn - '0/0'::pg_lsn FROM pg_replication_slots WHERE database = current_database()", Ct);
        Assert.True((ulong)confirmed > ulong.Parse(positions[0], System.Globalization.NumberStyles.HexNumber, null));
        Assert.Equal(0, (await ReadAsync(table, table.Connection, last)).Records);
    }

    [Fact]
    public async Task Reading_of_a_log_fails_clearly_and_in_time_where_the_server_does_not_get_on()
        => await Task.WhenAll(NotGettingOn.Select(async trial =>
        {
            await using var table = await FollowedTable.CreateAsync(Columns, Ct);
            await table.SyncAsync(Ct);
            await table.ExecuteAsync("INSERT INTO followed VALUES (1, 'a')", Ct);
            await using (var relay = new ReplicationRelay(Port(table), trial.Conduct))
            {
                var clock = Stopwatch.StartNew();
                var failure = await Assert.ThrowsAsync<SyncFailureException>(() => ReadAsync(table, To(table, relay), Last(table)));
                Assert.Equal((trial.Conduct, trial.Key, FailureKind.Transient), (trial.Conduct, failure.Failure.MessageKey, failure.Failure.Kind));
                Assert.InRange(clock.Elapsed.TotalSeconds, 0, 4 + 8);
            }

            // and nothing is lost by it
            Assert.Single(await table.SyncAsync(Ct));
        }));

    private static async Task<(int Records, string? Reason, JsonElement Next)> ReadAsync(FollowedTable table, SourceConnection connection, JsonElement last)
    {
        var plan = await table.Connector.PlanAsync(connection, Request, await table.Connector.OfferAsync(connection, Request, Ct), last, Ct);
        Assert.False(plan.Everything);
        var records = 0;
        await foreach (var batch in table.Connector.ReadChangesAsync(connection, Request, plan, Ct))
        {
            records += batch.Count;
            batch.Dispose();
        }

        return (records, plan.Reason?.Key, plan.Next!.Value);
    }

    private static JsonElement Last(FollowedTable table) => table.Sync.State!.Data.GetProperty("next");

    private static string Lsn(JsonElement position) => position.GetProperty("lsn").GetString()!;

    private static int Port(FollowedTable table) => table.Connection.ConnectionParams.GetProperty("port").GetInt32();

    private static SourceConnection To(FollowedTable table, ReplicationRelay relay)
    {
        var through = table.Source.ConnectionAs(table.Source.Login, table.Source.Password, port: relay.Port);
        return new SourceConnection(through.Driver, through.ConnectionParams, "through") { TenantId = table.Connection.TenantId, SourceId = table.Connection.SourceId };
    }
}
