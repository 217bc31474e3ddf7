using System.Collections.Concurrent;
using DataSync.Platform.Persistence;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace DataSync.Jobs.Engine;

/// <summary>
/// The worker's own session in PostgreSQL. Leases name its backend: the server ends it the moment the process is gone, so a crash is seen at once
/// and not when a lease runs out. It also hears the calls for cancellation.
/// </summary>
internal sealed partial class WorkerSession(DataSources sources, TimeProvider time, ILogger<WorkerSession> logger) : BackgroundService
{
    /// <summary>Channel on which a job's id is called when it is to be cancelled.</summary>
    public const string CancelChannel = "datasync_cancel";

    private readonly ConcurrentDictionary<CancellationTokenSource, Guid> _listening = new();
    private volatile Backend? _backend;

    /// <summary>The session's backend; null while there is no connection.</summary>
    public Backend? Current => _backend;

    /// <summary>
    /// Lets a call for cancellation reach a job, until disposed. To be called before the job is claimed: a call made earlier is then seen by the claim,
    /// a later one is heard here, and none falls between.
    /// </summary>
    public IDisposable Listen(Guid jobId, CancellationTokenSource cancel)
    {
        _listening[cancel] = jobId;
        return new Listener(this, cancel);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await ListenAsync(stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e) when (e is not OperationCanceledException || !stoppingToken.IsCancellationRequested)
            {
                // Whatever it is (a name that is not resolved is no NpgsqlException): without a session this worker can claim no job.
                _backend = null;
                Log.SessionLost(logger, e.GetType().Name);
                await Task.Delay(TimeSpan.FromMilliseconds(500), time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private async Task ListenAsync(CancellationToken ct)
    {
        await using var connection = await sources.App.OpenConnectionAsync(ct);
        await using (var who = new NpgsqlCommand("SELECT pid, backend_start FROM pg_stat_activity WHERE pid = pg_backend_pid()", connection))
        await using (var reader = await who.ExecuteReaderAsync(ct))
        {
            await reader.ReadAsync(ct);
            _backend = new Backend(reader.GetInt32(0), await reader.GetFieldValueAsync<DateTimeOffset>(1, ct));
        }

        connection.Notification += (_, e) =>
        {
            if (!Guid.TryParse(e.Payload, out var job)) return;
            foreach (var (cancel, listening) in _listening)
            {
                if (listening == job) Call(cancel);
            }
        };
        await using (var listen = new NpgsqlCommand("LISTEN " + CancelChannel, connection)) await listen.ExecuteNonQueryAsync(ct);
        while (true) await connection.WaitAsync(ct);
    }

    private static void Call(CancellationTokenSource cancel)
    {
        try
        {
            _ = cancel.CancelAsync();
        }
        catch (ObjectDisposedException)
        {
            // the attempt ended just now
        }
    }

    /// <summary>A backend of PostgreSQL: the start time tells it from a later one with the same pid.</summary>
    internal sealed record Backend(int Pid, DateTimeOffset Start);

    private sealed class Listener(WorkerSession session, CancellationTokenSource cancel) : IDisposable
    {
        public void Dispose() => session._listening.TryRemove(cancel, out _);
    }

    private static partial class Log
    {
        [LoggerMessage(1300, LogLevel.Warning, "The worker's database session was lost ({Reason}); connecting again")]
        public static partial void SessionLost(ILogger logger, string reason);
    }
}
