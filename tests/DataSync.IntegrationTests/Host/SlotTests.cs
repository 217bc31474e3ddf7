using System.Net;
using DataSync.Extract.Connectors.Postgres.Log;
using Npgsql;

namespace DataSync.IntegrationTests.Host;

/// <summary>Slots that no sync uses, and those that nobody can take away.</summary>
public sealed class SlotTests(EndToEndTests.System system) : IClassFixture<EndToEndTests.System>
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    /// <summary>The look has decided that nobody uses the slot and is about to drop it, and a sync of the source begins: the slot stays, and the sync goes on where the last one had come to.</summary>
    [Fact]
    public async Task Slot_that_a_look_is_about_to_drop_stays_for_a_sync_that_begins_meanwhile()
    {
        await SourceAsync("CREATE TABLE racing (id bigint PRIMARY KEY); INSERT INTO racing VALUES (1)");
        using var client = system.Running.Client("racing");
        await client.PostAsync("api/sources", system.Running.Source("racing", new { table = "racing" }, new { sync_type = "incremental", output_format = "jsonl" }), HttpStatusCode.Created, Ct);
        await SetUpAsync(client, "racing");
        await client.EndAsync(await client.StartAsync(new { source_id = "racing" }, Ct), Ct);
        var slot = Assert.Single(await SlotsAsync("datasync_racing_"));

        await using var server = NpgsqlDataSource.Create(system.Running.SourceDatabase);
        await using var holding = await server.OpenConnectionAsync(Ct);
        await TurnAsync(holding, "SELECT pg_advisory_lock($1)", slot);
        await OwnAsync("""UPDATE sync_state SET state_data = replace(state_data::text, '"method":"log"', '"method":"none"')::json WHERE tenant_id = 'racing' AND source_id = 'racing'""");
        await OwnAsync("UPDATE source_slots SET next_look_at = now() WHERE tenant_id = 'racing'");
        await RunningSystem.WaitAsync("a look that waits for its turn", async () => await SourceAsync<long>(
            "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())") > 0, Ct);
        await OwnAsync("""UPDATE sync_state SET state_data = replace(state_data::text, '"method":"none"', '"method":"log"')::json WHERE tenant_id = 'racing' AND source_id = 'racing'""");
        await SourceAsync("INSERT INTO racing VALUES (2)");
        var job = await client.StartAsync(new { source_id = "racing" }, Ct);
        await TurnAsync(holding, "SELECT pg_advisory_unlock($1)", slot);

        var ended = await client.EndAsync(job, Ct);
        Assert.Equal(("completed", 1L), (ended.GetProperty("status").GetString(), ended.GetProperty("record_count").GetInt64()));
        Assert.False(ended.GetProperty("change_tracking").GetProperty("everything").GetBoolean(), ended.GetRawText());
        Assert.Equal([slot], await SlotsAsync("datasync_racing_"));
        using var deleted = await client.DeleteAsync("api/sources/racing", Ct);
        Assert.Equal(HttpStatusCode.NoContent, deleted.StatusCode);
    }

    [Fact]
    public async Task Slot_whose_server_lets_nobody_in_is_tried_for_thirty_days_and_then_left_and_its_credentials_forgotten()
    {
        var login = $"left_{Guid.CreateVersion7():n}";
        await SourceAsync($"CREATE TABLE forgotten (id bigint PRIMARY KEY); CREATE ROLE {login} LOGIN PASSWORD 'pw' REPLICATION; GRANT SELECT ON forgotten TO {login}");
        using var client = system.Running.Client("thirty days");
        var at = new NpgsqlConnectionStringBuilder(system.Running.SourceDatabase);
        await client.PostAsync("api/sources", new
        {
            source_id = "forgotten",
            source_type = "database",
            extraction_params = new { table = "forgotten" },
            sync = new { sync_type = "incremental", output_format = "jsonl" },
            connection_params = new { driver = "postgresql", host = at.Host, port = at.Port, database = at.Database, username = login, password = "pw", tls = "disable" },
        }, HttpStatusCode.Created, Ct);
        await SetUpAsync(client, "forgotten");
        await client.EndAsync(await client.StartAsync(new { source_id = "forgotten" }, Ct), Ct);
        var slot = Assert.Single(await SlotsAsync("datasync_forgotten_"));
        await SourceAsync($"ALTER ROLE {login} NOLOGIN");
        using (var deleted = await client.DeleteAsync("api/sources/forgotten", Ct)) Assert.Equal(HttpStatusCode.NoContent, deleted.StatusCode);

        // who takes another turn has had the one before, and the place is still there
        await OwnAsync("UPDATE slot_releases SET created_at = now() - interval '29 days 23 hours', next_try_at = now() WHERE tenant_id = 'thirty days'");
        HashSet<DateTime> turns = [];
        await RunningSystem.WaitAsync("tries that come to nothing", async () =>
        {
            turns.Add(await OwnAsync<DateTime>("SELECT next_try_at FROM slot_releases WHERE tenant_id = 'thirty days'"));
            return turns.Count > 2;
        }, Ct);
        Assert.Equal(1L, await OwnAsync<long>("SELECT count(*) FROM slot_releases WHERE tenant_id = 'thirty days'"));

        await OwnAsync("UPDATE slot_releases SET created_at = created_at - interval '2 hours' WHERE tenant_id = 'thirty days'");
        await RunningSystem.WaitAsync("that nobody tries any more", async () => await OwnAsync<long>("SELECT count(*) FROM slot_releases WHERE tenant_id = 'thirty days'") == 0, Ct);
        Assert.Equal([slot], await SlotsAsync("datasync_forgotten_"));
        await SourceAsync($"SELECT pg_drop_replication_slot('{slot}')");
    }

    private async Task SetUpAsync(HttpClient client, string source)
    {
        foreach (var statement in (await client.GetJsonAsync($"api/sources/{source}/tracking", Ct)).GetProperty("setup").EnumerateArray()) await SourceAsync(statement.GetString()!);
    }

    private static async Task TurnAsync(NpgsqlConnection connection, string sql, string slot)
    {
        await using var command = new NpgsqlCommand(sql, connection) { Parameters = { SlotTurn.Key(slot) } };
        await command.ExecuteNonQueryAsync(Ct);
    }

    private Task SourceAsync(string sql) => SourceAsync<object>(sql);

    /// <summary>Something done to the customer's database.</summary>
    private async Task<T> SourceAsync<T>(string sql)
    {
        await using var source = NpgsqlDataSource.Create(system.Running.SourceDatabase);
        await using var command = source.CreateCommand(sql);
        return await command.ExecuteScalarAsync(Ct) is T found ? found : default!;
    }

    private Task OwnAsync(string sql) => OwnAsync<object>(sql);

    /// <summary>Something done to our own.</summary>
    private async Task<T> OwnAsync<T>(string sql)
    {
        await using var command = system.Running.Database.Superuser.CreateCommand(sql);
        return await command.ExecuteScalarAsync(Ct) is T found ? found : default!;
    }

    private async Task<List<string>> SlotsAsync(string beginning)
        => [.. (await SourceAsync<string[]>($"SELECT coalesce(array_agg(slot_name::text), '{{}}') FROM pg_replication_slots WHERE database = current_database() AND starts_with(slot_name, '{beginning}')"))];
}
