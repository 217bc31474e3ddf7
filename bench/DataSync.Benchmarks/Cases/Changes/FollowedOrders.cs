using System.Text.Json.Nodes;
using DataSync.Benchmarks.Data;
using DataSync.Benchmarks.Ours;
using DataSync.Benchmarks.Running;
using DataSync.Benchmarks.Server;
using DataSync.LocalPostgres;
using Npgsql;

namespace DataSync.Benchmarks.Cases.Changes;

/// <summary>A PostgreSQL of the case's own whose log can be followed, with orders in it that change, and the system that follows them.</summary>
internal sealed class FollowedOrders : IAsyncDisposable
{
    private const string Source = "orders";
    private const int Transaction = 1000;
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(20);
    private readonly LocalPostgresServer _server;

    private FollowedOrders(LocalPostgresServer server, Database database, StartedSystem system) => (_server, Database, System) = (server, database, system);

    public Database Database { get; }

    public StartedSystem System { get; }

    /// <summary>Rows that the case's changes are made of: each change rewrites one.</summary>
    public const int Rows = 10_000;

    /// <summary>Starts both, and does once what a customer does: runs the statements that the API shows for the source.</summary>
    public static async Task<FollowedOrders> StartAsync(BenchContext context, CancellationToken ct)
    {
        var server = await LocalPostgresServer.EnsureAsync(
            LocalPostgresOptions.ForCheckout() with { Cluster = "bench-followed", Disposable = true, PrivateCluster = true, AdminConnection = null }, ct);
        var admin = new Database(server.AdminConnection);
        var login = BenchServer.NewName("follower");
        await admin.ExecuteAsync($"CREATE ROLE \"{login}\" LOGIN PASSWORD '{login}'", ct);
        await admin.ExecuteAsync("CREATE DATABASE followed TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C.UTF-8' LC_CTYPE 'C.UTF-8'", ct);
        var parameters = new NpgsqlConnectionStringBuilder(server.AdminConnection) { Database = "followed" };
        var database = new Database(parameters.ConnectionString);
        await OrdersGenerator.FillAsync(database, Rows, ct);
        await database.ExecuteAsync($"REVOKE CREATE ON SCHEMA public FROM PUBLIC; GRANT SELECT ON ALL TABLES IN SCHEMA public TO \"{login}\"", ct);
        var reader = new NpgsqlConnectionStringBuilder(parameters.ConnectionString) { Username = login, Password = login };
        var system = await StartedSystem.StartAsync(context, reader, ct);
        var orders = new FollowedOrders(server, database, system);
        await system.Client.RegisterAsync(
            Source, SourceParameters.Of(reader), new JsonObject { ["table"] = "orders" }, ct, new JsonObject { ["sync_type"] = "incremental", ["output_format"] = "jsonl", ["timeout_seconds"] = 3600 });
        foreach (var statement in (await system.Client.GetAsync($"/api/sources/{Source}/tracking", ct))["setup"]!.AsArray()) await database.ExecuteAsync((string)statement!, ct);
        await orders.SyncAsync(ct);
        return orders;
    }

    /// <summary>Makes so many changes: inserts, updates and deletes of orders, a thousand to a transaction.</summary>
    public async Task ChangeAsync(long changes, CancellationToken ct)
    {
        await using var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(Database.ConnectionString) { Pooling = false }.ConnectionString);
        await connection.OpenAsync(ct);
        for (var done = 0L; done < changes; done += Transaction) await ChangeAsync(connection, done, (int)Math.Min(Transaction, changes - done), ct);
    }

    /// <summary>One transaction of so many changes: a tenth of the rows go and come again, the rest change.</summary>
    public static async Task ChangeAsync(NpgsqlConnection connection, long done, int changes, CancellationToken ct)
    {
        var moved = changes / 10;
        var first = done % (Rows - Transaction);
        await using var command = new NpgsqlCommand(
            $"""
            BEGIN;
            UPDATE orders SET quantity = quantity + 1, modified_at = clock_timestamp() WHERE id > {first + moved} AND id <= {first + changes - moved};
            CREATE TEMP TABLE moved ON COMMIT DROP AS SELECT * FROM orders WHERE id > {first} AND id <= {first + moved};
            DELETE FROM orders WHERE id > {first} AND id <= {first + moved};
            INSERT INTO orders SELECT * FROM moved;
            COMMIT;
            """, connection)
        { CommandTimeout = 0 };
        await command.ExecuteNonQueryAsync(ct);
    }

    /// <summary>One incremental sync, from the POST until it is seen completed; how many records it delivered.</summary>
    public async Task<long> SyncAsync(CancellationToken ct)
    {
        var id = await System.Client.StartAsync(new JsonObject { ["source_id"] = Source }, ct);
        JsonObject job;
        while ((string?)(job = await System.Client.JobAsync(id, ct))["status"] is "queued" or "running") await Task.Delay(Poll, ct);
        if ((string?)job["status"] != "completed") throw new BenchmarkException($"The job ended as {job["status"]}: {job["error_details"]?.ToJsonString()}");
        if ((string?)job["change_tracking"]?["method"] != "log") throw new BenchmarkException($"The log was not followed: {job["change_tracking"]?.ToJsonString()}");
        return (long)job["record_count"]!;
    }

    /// <summary>Records delivered so far by all jobs.</summary>
    public Task<long> DeliveredAsync(CancellationToken ct) => System.Database.Superuser.ScalarAsync<long>("SELECT coalesce(sum(record_count), 0)::bigint FROM sync_jobs", ct);

    public Task ScheduleAsync(CancellationToken ct) => System.Client.PutAsync($"/api/sources/{Source}/schedule", new JsonObject { ["continuous"] = true }, ct);

    /// <summary>Takes the schedule away and waits for its last job.</summary>
    public async Task UnscheduleAsync(CancellationToken ct)
    {
        await System.Client.DeleteAsync($"/api/sources/{Source}/schedule", ct);
        while (await System.Database.Superuser.ScalarAsync<bool>("SELECT EXISTS (SELECT FROM sync_jobs WHERE status IN ('queued', 'running', 'waiting'))", ct)) await Task.Delay(Poll, ct);
    }

    public async ValueTask DisposeAsync()
    {
        await System.DisposeAsync();
        await _server.DisposeAsync();
    }
}
