using System.Threading.Channels;
using DataSync.Pipeline.Failures;
using DataSync.Platform.Persistence;
using DataSync.Platform.Tenancy;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace DataSync.Platform.Audit;

/// <summary>Writes entries that belong to no change of ours: accesses, and what was refused. All that wait when a commit begins go with it.</summary>
internal sealed partial class AuditWriter(TenantDatabase database, TimeProvider time, ILogger<AuditWriter> logger) : AuditJournal, IHostedService
{
    private const int Most = 500;
    private const int Capacity = 10_000;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly Channel<Waiting> _waiting = Channel.CreateBounded<Waiting>(new BoundedChannelOptions(Capacity) { SingleReader = true });
    private Task _writing = Task.CompletedTask;
    private long _lost;

    public override async Task WriteAsync(PendingAuditEntry entry, CancellationToken ct)
    {
        var waiting = new Waiting(entry, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        try
        {
            await _waiting.Writer.WriteAsync(waiting, ct).AsTask().WaitAsync(Patience, time, ct);
            await waiting.Done.Task.WaitAsync(Patience, time, ct);
        }
        catch (Exception e) when (e is not OperationCanceledException || !ct.IsCancellationRequested)
        {
            throw new SyncFailureException(SyncFailure.Transient("errors.audit.unavailable") with { RetryAfter = TimeSpan.FromSeconds(5) }, e);
        }
    }

    public override void Offer(PendingAuditEntry entry)
    {
        if (!_waiting.Writer.TryWrite(new Waiting(entry, new TaskCompletionSource())) && Interlocked.Increment(ref _lost) == 1) Log.Lost(logger);
    }

    public Task StartAsync(CancellationToken cancellationToken)
    {
        _writing = Task.Run(WriteAllAsync, CancellationToken.None);
        return Task.CompletedTask;
    }

    /// <summary>The server has ended by now: nobody brings more, and what is here is written.</summary>
    public Task StopAsync(CancellationToken cancellationToken)
    {
        _waiting.Writer.TryComplete();
        return _writing.WaitAsync(cancellationToken);
    }

    private async Task WriteAllAsync()
    {
        List<Waiting> batch = [];

        // To the last one, also while the process stops: somebody waits for each.
        while (await _waiting.Reader.WaitToReadAsync(CancellationToken.None))
        {
            batch.Clear();
            while (batch.Count < Most && _waiting.Reader.TryRead(out var next)) batch.Add(next);
            if (await TryStoreAsync(batch) || batch.Count == 1) continue;

            // One that the database does not take must not take the others with it.
            foreach (var one in batch) await TryStoreAsync([one]);
        }
    }

    private async Task<bool> TryStoreAsync(List<Waiting> batch)
    {
        try
        {
            await StoreAsync(batch);
            foreach (var written in batch) written.Done.TrySetResult();
            return true;
        }
#pragma warning disable CA1031 // whatever it is: who waits for this batch is told, and the next ones are written
        catch (Exception e)
#pragma warning restore CA1031
        {
            // Tried one by one where an entry may be why; where the database is away, that would only take longer.
            var away = e is not PostgresException && (e is TimeoutException or NpgsqlException || DatabaseUnavailable.Caused(e));
            if (!away && batch.Count > 1) return false;
            Log.NotWritten(logger, batch.Count, (e as PostgresException)?.SqlState ?? e.GetType().Name);
            foreach (var waiting in batch) waiting.Done.TrySetException(e);
            return true;
        }
    }

    private async Task StoreAsync(List<Waiting> batch)
    {
        TenantBatch? statements = null;
        try
        {
            foreach (var tenant in batch.GroupBy(w => w.Entry.TenantId, w => w.Entry, StringComparer.Ordinal))
            {
                if (statements is null) statements = await database.BatchAsync(tenant.Key, durable: true, CancellationToken.None);
                else statements.TurnTo(tenant.Key);
                AuditInsert.Add(statements, tenant.Key, [.. tenant]);
            }

            if (statements is null) return;
            statements.Patience = Patience;
            await statements.ExecuteAsync(CancellationToken.None);
        }
        finally
        {
            if (statements is not null) await statements.DisposeAsync();
        }
    }

    private sealed record Waiting(PendingAuditEntry Entry, TaskCompletionSource Done);

    private static partial class Log
    {
        [LoggerMessage(2003, LogLevel.Error, "{Entries} entries could not be written to the audit log ({Reason}); accesses they tell of were refused")]
        public static partial void NotWritten(ILogger logger, int entries, string reason);

        [LoggerMessage(2004, LogLevel.Warning, "More requests are refused than the audit log can be told of; some of the refusals will not be in it")]
        public static partial void Lost(ILogger logger);
    }
}
