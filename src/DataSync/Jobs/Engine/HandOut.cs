using DataSync.Platform.Persistence;
using Hangfire;
using Hangfire.States;
using Npgsql;

namespace DataSync.Jobs.Engine;

/// <summary>Gives due jobs to threads: to the one that asks, and through Hangfire to those that are free.</summary>
internal sealed class HandOut(DataSources sources, DispatchTurn turn, IBackgroundJobClient hangfire, JobRunner runner) : IDisposable
{
    /// <summary>A process has one turn at a time; the system's pool is small.</summary>
    private readonly SemaphoreSlim _one = new(1);

    /// <summary>Hands out what may run now; returns how many jobs.</summary>
    public async Task<int> DispatchAsync(NpgsqlConnection connection, CancellationToken ct)
    {
        await _one.WaitAsync(ct);
        try
        {
            var due = await turn.TakeAsync(connection, int.MaxValue, waits: false, ct);
            await GiveAsync(connection, due, ct);
            return due.Count;
        }
        finally
        {
            _one.Release();
        }
    }

    /// <summary>The job whose turn it is, for a thread that has ended another. Null where none is due.</summary>
    public async Task<DueJob?> NextAsync(CancellationToken ct)
    {
        await _one.WaitAsync(ct);
        try
        {
            await using var connection = await sources.System.OpenConnectionAsync(ct);

            // One alone: a thread has become free and a tenant's place. The others that end their jobs at this moment ask as well.
            var due = await turn.TakeAsync(connection, most: 1, waits: true, ct);
            return due.Count > 0 ? due[0] : null;
        }
        finally
        {
            _one.Release();
        }
    }

    /// <summary>Wakes the dispatchers: a thread is free that asks for nothing more.</summary>
    public async Task WakeAsync(CancellationToken ct)
    {
        await using var notify = sources.System.CreateCommand($"SELECT pg_notify('{JobOutcome.DispatchChannel}', '')");
        await notify.ExecuteNonQueryAsync(ct);
    }

    /// <summary>The job was handed out and will not begin here.</summary>
    public async Task GiveBackAsync(DueJob job, CancellationToken ct)
    {
        await using var connection = await sources.System.OpenConnectionAsync(ct);
        await DispatchTurn.GiveBackAsync(connection, [job], ct);
    }

    public void Dispose() => _one.Dispose();

    /// <summary>The marks are committed by now: if this process dies here, they grow old and the jobs are taken again.</summary>
    private async Task GiveAsync(NpgsqlConnection connection, List<DueJob> due, CancellationToken ct)
    {
        var given = 0;
        try
        {
            for (; given < due.Count; given++)
            {
                var (tenant, id, calledOff) = due[given];

                // Called off while its worker was dead: it is only to be ended, which needs no free thread.
                if (calledOff) await runner.RunAsync(tenant, id, ct);
                else hangfire.Create<Hangfire.SyncJobEntry>(entry => entry.RunAsync(tenant, id, CancellationToken.None), new EnqueuedState(Hangfire.SyncJobEntry.Queue));
            }
        }
        catch (BackgroundJobClientException)
        {
            // Those that did not get out are due at once again, by whatever worker; not when their marks are old.
            await DispatchTurn.GiveBackAsync(connection, due[given..], ct);
            throw;
        }
    }
}
