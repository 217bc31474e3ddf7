using DataSync.Benchmarks.Ours;

namespace DataSync.Benchmarks.Cases.Webhooks;

/// <summary>Counts what is stored and removes it, now and then: minutes of deliveries would fill the disk. Who commits meanwhile waits for as long as the counting takes.</summary>
internal sealed class InboxEmptier : IAsyncDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);
    private readonly CancellationTokenSource _stop = new();
    private readonly StartedSystem _system;
    private readonly Task _emptying;
    private long _stored;

    private InboxEmptier(StartedSystem system) => (_system, _emptying) = (system, EmptyAsync(system));

    public static async Task<InboxEmptier> StartAsync(StartedSystem system, CancellationToken ct)
    {
        await system.Database.Superuser.ExecuteAsync(
            """
            CREATE OR REPLACE FUNCTION bench_empty() RETURNS bigint LANGUAGE plpgsql AS $$
            DECLARE stored bigint;
            BEGIN
                LOCK TABLE webhook_deliveries IN ACCESS EXCLUSIVE MODE;
                SELECT count(*) INTO stored FROM webhook_deliveries;
                TRUNCATE webhook_deliveries;
                RETURN stored;
            END $$;
            SELECT bench_empty();
            """,
            ct);
        return new InboxEmptier(system);
    }

    /// <summary>Ends, and throws unless what was stored is what was acknowledged.</summary>
    public async Task ExpectAsync(long acknowledged, CancellationToken ct)
    {
        await _stop.CancelAsync();
        await _emptying;
        var stored = _stored + await RemoveAsync(_system, ct);
        if (stored != acknowledged) throw new BenchmarkException($"{acknowledged} deliveries were acknowledged and {stored} were stored.");
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _emptying;
        _stop.Dispose();
    }

    private static Task<long> RemoveAsync(StartedSystem system, CancellationToken ct) => system.Database.Superuser.ScalarAsync<long>("SELECT bench_empty()", ct);

    private async Task EmptyAsync(StartedSystem system)
    {
        while (!_stop.IsCancellationRequested)
        {
            await Task.Delay(Interval, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            _stored += await RemoveAsync(system, CancellationToken.None);
        }
    }
}
