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
            var due = await turn.TakeAsync(connection, waits: false, ct);
            await GiveAsync(connection, due, ct);
            return due.Count;
        }
        finally
        {
            _one.Release();
        }
    }

    /// <summary>The job whose turn it is, for the thread that asks; what else may run is handed out. Null where none is due.</summary>
    /// <param name="keep">False hands out all that may run: the thread asks only because it is free from now on.</param>
    /// <param name="ct">Ends the waiting.</param>
    public async Task<DueJob?> NextAsync(bool keep, CancellationToken ct)
    {
        DueJob? next = null;
        await _one.WaitAsync(ct);
        try
        {
            await using var connection = await sources.System.OpenConnectionAsync(ct);
            var due = await turn.TakeAsync(connection, waits: true, ct);
            var first = !keep ? -1 : due.FindIndex(d => !d.CalledOff);
            next = first < 0 ? null : due[first];
            if (first >= 0) due.RemoveAt(first);
            await GiveAsync(connection, due, ct);
            return next;
        }
        catch (BackgroundJobClientException) when (next is not null)
        {
            // The others are given back; the dispatcher meets the same, and says so.
            return next;
        }
        finally
        {
            _one.Release();
        }
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
