using DataSync.Pipeline.Failures;

namespace DataSync.Pipeline.Connectors;

/// <summary>
/// A kind of database, or an API (extension point: one folder below Extract/Connectors each, found by <see cref="ISourceConnector.Driver"/>).
/// Failures come as <see cref="SyncFailureException"/> with a key of the closed set <c>errors.connection.*</c> and <c>errors.extraction.*</c>;
/// a connector never words a message itself and never lets a driver's text through to a tenant.
/// </summary>
internal interface IConnector : ISourceConnector
{
    /// <summary>Streams records. Sequence numbers start at <see cref="ReadRequest.FirstSeq"/>. Memory does not grow with the table.</summary>
    IAsyncEnumerable<RecordBatch> ReadAsync(SourceConnection connection, ReadRequest request, CancellationToken ct);
}
