namespace DataSync.Pipeline;

/// <summary>A way records come in (extension point): read, pull or push.</summary>
internal interface IRecordSource
{
    /// <summary><c>read</c>, <c>pull</c> or <c>push</c>.</summary>
    string SourceType { get; }

    /// <summary>Streams the run's records from its checkpoint on. Retries transient failures by the policy; after a retry no record comes twice.</summary>
    IAsyncEnumerable<RecordBatch> ReadAsync(SyncRun run, CancellationToken ct);
}
