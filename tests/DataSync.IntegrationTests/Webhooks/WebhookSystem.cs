using DataSync.IntegrationTests.Host;

namespace DataSync.IntegrationTests.Webhooks;

/// <summary>The tests that share one system: starting it takes longer than most of them.</summary>
[CollectionDefinition(nameof(WebhookSystem))]
public sealed class WebhookTestsTogether : ICollectionFixture<WebhookSystem>;

/// <summary>The system with one API process and one worker that begins a source's next job as soon as the last has ended.</summary>
public sealed class WebhookSystem : IAsyncLifetime
{
    public RunningSystem Running { get; } = new();

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
}
