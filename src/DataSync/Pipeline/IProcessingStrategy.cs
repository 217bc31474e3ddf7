using DataSync.Pipeline.Refinement;

namespace DataSync.Pipeline;

/// <summary>Where records are kept between extraction and export (extension point): the three modes.</summary>
internal interface IProcessingStrategy
{
    /// <summary><c>async</c>, <c>realtime</c> or <c>hybrid</c>.</summary>
    string Mode { get; }

    /// <summary>
    /// The gate before anything is made of a record: hands on what may come in, and throws where it may not. Whoever must know all records before the
    /// first is worked on takes them in here. Hands on batches in order; disposes those it does not hand on.
    /// </summary>
    IAsyncEnumerable<RecordBatch> AdmitAsync(SyncRun run, IAsyncEnumerable<RecordBatch> extracted, CancellationToken ct) => extracted;

    /// <summary>Takes in every batch (and disposes it); returns when all is kept. Throws where the fence is stale, having written nothing under it.</summary>
    Task StoreAsync(SyncRun run, IAsyncEnumerable<RecordBatch> batches, CancellationToken ct);

    /// <summary>Streams back what was kept, in order of sequence. The consumer disposes the batches.</summary>
    IAsyncEnumerable<RecordBatch> ReadAsync(SyncRun run, CancellationToken ct);

    /// <summary>Forgets what an attempt stored that cannot be resumed, so that the next begins with nothing.</summary>
    Task ResetAsync(SyncRun run, CancellationToken ct);

    /// <summary>Streams what refiners remembered of the records below the run's checkpoint, in the order it was kept. Nothing where no attempt goes on in the middle.</summary>
    IAsyncEnumerable<SeenValues> ReadSeenAsync(SyncRun run, CancellationToken ct) => AsyncEnumerable.Empty<SeenValues>();

    /// <summary>Gives back what this process holds of the run. Called once the run is over, however it ended.</summary>
    void Release(SyncRun run) { }
}
