namespace DataSync.Pipeline;

/// <summary>Where records are kept between extraction and export (extension point): the three modes.</summary>
internal interface IProcessingStrategy
{
    /// <summary><c>async</c>, <c>realtime</c> or <c>hybrid</c>.</summary>
    string Mode { get; }

    /// <summary>Takes in every batch (and disposes it); returns when all is kept. Throws where the fence is stale, having written nothing under it.</summary>
    Task StoreAsync(SyncRun run, IAsyncEnumerable<RecordBatch> batches, CancellationToken ct);

    /// <summary>Streams back what was kept, in order of sequence. The consumer disposes the batches.</summary>
    IAsyncEnumerable<RecordBatch> ReadAsync(SyncRun run, CancellationToken ct);

    /// <summary>Forgets what an attempt stored that cannot be resumed, so that the next begins with nothing.</summary>
    Task ResetAsync(SyncRun run, CancellationToken ct);
}
