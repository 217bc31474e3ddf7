using System.Buffers;
using System.Text.Json;
using DataSync.Pipeline;
using DataSync.Platform.Tenancy;
using DataSync.Process.Async.Enriching;
using Npgsql;

namespace DataSync.Process.Async;

/// <summary>
/// One commit after the other: several batches by COPY, then the refused records, last the checkpoint under the fence. A crash loses what was not committed,
/// and the checkpoint says exactly where that begins.
/// </summary>
internal sealed class CommitWriter(TenantConnection connection, SyncRun run, TimeProvider time) : IAsyncDisposable
{
    /// <summary>A commit ends at this many bytes: large enough that fsync and checkpoint cost nothing beside the COPY, small enough to redo.</summary>
    private const long CommitBytes = 16 * 1024 * 1024;

    /// <summary>… or after this time, so that a slow source's records become durable soon.</summary>
    private static readonly TimeSpan CommitDelay = TimeSpan.FromMilliseconds(250);

    private readonly ArrayBufferWriter<byte> _buffer = new(256 * 1024);
    private readonly RejectionWriter _rejections = new();
    private readonly EnrichedRows _enriched = new();
    private readonly SeenWriter _seen = new();
    private NpgsqlTransaction? _transaction;
    private bool _registered;
    private LeafCopy? _copy;
    private long _began;
    private long _bytes;
    private long _nextSeq = run.Checkpoint.NextSeq;
    private JsonElement? _resume = run.Checkpoint.Resume;
    private long _records = run.Progress.Processed;
    private long _rejected = run.Progress.Rejected;
    private long _totalBytes = run.Progress.Bytes;
    private long _pendingRecords, _pendingRejected;

    public bool IsOpen => _transaction is not null;

    public bool IsFull => _bytes >= CommitBytes || (IsOpen && TimeLeft <= TimeSpan.Zero);

    public TimeSpan TimeLeft => CommitDelay - time.GetElapsedTime(_began);

    public async Task WriteAsync(RecordBatch batch, CancellationToken ct)
    {
        if (_transaction is null)
        {
            if (!_registered) await RegisterAsync(ct);
            _began = time.GetTimestamp();
            _transaction = await connection.BeginAsync(ct);
        }

        _copy ??= await LeafCopy.BeginAsync(connection.Connection, run, _buffer, time.GetUtcNow(), ct);
        var written = await _copy.WriteAsync(batch, ct);
        _pendingRecords += written;
        _pendingRejected += _rejections.Add(batch);
        if (batch.Enriched is not null) _enriched.Add(batch);
        _seen.Add(batch);
        run.Progress.AddRules(batch.RuleHits); // an attempt whose commit fails is over, and the next begins with the counts of the last one
        _bytes += batch.Raw.Length + (batch.Refined?.Length ?? 0);
        _totalBytes += batch.Raw.Length;
        _nextSeq = batch.FirstSeq + batch.Count;
        _resume = batch.ResumeToken.IsEmpty ? null : JsonElement.Parse(batch.ResumeToken.Span);
    }

    /// <summary>Makes what was written durable.</summary>
    public Task CommitAsync(CancellationToken ct) => CommitAsync(Stages.Extract, ct);

    /// <summary>Makes the rest durable, and that extraction is over.</summary>
    public async Task FinishAsync(CancellationToken ct)
    {
        _transaction ??= await connection.BeginAsync(ct);
        await CommitAsync(run.AfterStoring, ct);
    }

    public async ValueTask DisposeAsync()
    {
        if (_copy is not null) await Quietly(_copy);
        if (_transaction is not null) await Quietly(_transaction);
        _rejections.Dispose();
    }

    /// <summary>Before the first record: only who writes records can hang with their keys in hand. A server that crashed has no writer left, so this waits for no disk.</summary>
    private async Task RegisterAsync(CancellationToken ct)
    {
        await using var transaction = await connection.BeginAsync(durable: false, ct);
        await run.RegisterWriter(connection.Connection, ct);
        await transaction.CommitAsync(ct);
        _registered = true;
    }

    private async Task CommitAsync(string stage, CancellationToken ct)
    {
        if (_copy is not null)
        {
            await _copy.CompleteAsync(ct);
            _copy = null;
        }

        await _rejections.FlushAsync(connection.Connection, run, ct);
        await _enriched.FlushAsync(connection.Connection, run, ct);
        await _seen.FlushAsync(connection.Connection, run, _nextSeq, stage != Stages.Extract, ct);
        var move = new CheckpointMove(
            new Checkpoint { Stage = stage, NextSeq = _nextSeq, Resume = _resume, State = stage == Stages.Extract ? null : run.State.Move }, _records + _pendingRecords, _rejected + _pendingRejected, _totalBytes, run.Progress.Rules);
        await run.Advance(connection.Connection, move, ct);
        await _transaction!.CommitAsync(ct);
        await _transaction.DisposeAsync();
        run.Progress.AddProcessed(_pendingRecords, _pendingRejected);
        run.Stored.Reach(_nextSeq);
        (_records, _rejected) = (move.Records, move.Rejected);
        (_transaction, _bytes, _pendingRecords, _pendingRejected) = (null, 0, 0, 0);
    }

    /// <summary>Undoing must not hide the failure that made it necessary; a connection that is gone is undone already.</summary>
    private static async ValueTask Quietly(IAsyncDisposable disposable)
    {
        try
        {
            await disposable.DisposeAsync();
        }
        catch (Exception e) when (e is NpgsqlException or OperationCanceledException or ObjectDisposedException or InvalidOperationException or IOException)
        {
            // nothing to add to the failure on its way
        }
    }
}
