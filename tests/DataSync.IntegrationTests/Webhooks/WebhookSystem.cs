using DataSync.IntegrationTests.Host;
using Npgsql;

namespace DataSync.IntegrationTests.Webhooks;

/// <summary>The tests that share one system: starting it takes longer than most of them.</summary>
[CollectionDefinition(nameof(WebhookSystem))]
public sealed class WebhookTestsTogether : ICollectionFixture<WebhookSystem>;

/// <summary>The system with one API process and one worker that begins a source's next job as soon as the last has ended.</summary>
public sealed class WebhookSystem : IAsyncLifetime
{
    /// <summary>Deliveries that may wait in the process of <see cref="NarrowAsync"/>.</summary>
    internal const int NarrowWaiting = 64;

    private Task<Uri>? _narrow;

    public RunningSystem Running { get; } = new();

    /// <summary>One more API process, with little room: <see cref="NarrowWaiting"/> deliveries may wait, and bodies may take one MiB of memory. Started when it is first asked for.</summary>
    public Task<Uri> NarrowAsync()
    {
        return _narrow ??= StartAsync();

        async Task<Uri> StartAsync()
            => (await Running.StartApiAsync(TestContext.Current.CancellationToken, ("DATASYNC_WEBHOOK_MAX_WAITING", $"{NarrowWaiting}"), ("DATASYNC_WEBHOOK_MEMORY_MB", "1"))).Address;
    }

    public async ValueTask InitializeAsync()
    {
        Running.Settings.Add(("DATASYNC_WEBHOOK_DRAIN_SECONDS", "0"));
        await Running.InitializeAsync();
        Running.Start("worker");
    }

    public ValueTask DisposeAsync() => Running.DisposeAsync();

    public async Task<T> ScalarAsync<T>(string sql)
    {
        await using var command = Running.Database.Superuser.CreateCommand(sql);
        return (T)(await command.ExecuteScalarAsync(TestContext.Current.CancellationToken))!;
    }

    /// <summary>Keeps workers from making a job of what waits for a source, until it is disposed of.</summary>
    internal async Task<NpgsqlConnection> HoldDrainAsync(string tenant, string source)
    {
        var connection = await Running.Database.Superuser.OpenConnectionAsync(TestContext.Current.CancellationToken);
        await using var hold = new NpgsqlCommand("BEGIN; INSERT INTO webhook_drains (tenant_id, source_id) VALUES ($$" + tenant + "$$, $$" + source + "$$)", connection);
        await hold.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        return connection;
    }
}
