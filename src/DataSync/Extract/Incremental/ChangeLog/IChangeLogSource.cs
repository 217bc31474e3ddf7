using DataSync.Pipeline;
using DataSync.Pipeline.Connectors;

namespace DataSync.Extract.Incremental.ChangeLog;

/// <summary>What following a change log needs of a connector.</summary>
internal interface IChangeLogSource
{
    /// <summary>Opens a session in which every question is a read-only transaction of its own, and does something with it.</summary>
    Task<T> LookAsync<T>(SourceConnection connection, ReadRequest request, Func<ChangeLogSession, Task<T>> look, CancellationToken ct);

    /// <summary>Reads as <see cref="IConnector.ReadAsync"/> does, and before the first record asks something that sees the same snapshot.</summary>
    IAsyncEnumerable<RecordBatch> ReadAsync(SourceConnection connection, ReadRequest request, Func<ChangeLogSession, Task>? beside, CancellationToken ct);
}
