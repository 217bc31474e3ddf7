using DataSync.Extract.Read;
using DataSync.Pipeline;
using DataSync.Pipeline.Connectors;
using DataSync.Pipeline.Incremental;
using DataSync.Platform.Http.Security;
using DataSync.Platform.Resilience;
using Microsoft.Extensions.Logging;

namespace DataSync.Extract.Pull;

/// <summary>Pulls records from a tenant's API: read ahead, retried and gone on with as a database is.</summary>
internal sealed class PullRecordSource(
    IEnumerable<IConnector> connectors, TransientRetry retry, DerivedKeys keys, ReadKept kept, LacksKept lacks, TimeProvider time, ILogger<ReadRecordSource> logger) : IRecordSource
{
    private readonly ReadRecordSource _read = new(connectors, retry, keys, kept, lacks, time, logger);

    public string SourceType => "pull";

    public IAsyncEnumerable<RecordBatch> ReadAsync(SyncRun run, CancellationToken ct) => _read.ReadAsync(run, ct);
}
