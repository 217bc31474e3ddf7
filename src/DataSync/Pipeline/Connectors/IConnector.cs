using System.Text.Json;
using DataSync.Pipeline.Failures;

namespace DataSync.Pipeline.Connectors;

/// <summary>
/// A kind of database (extension point: one folder below Extract/Connectors each, found by <see cref="Driver"/>).
/// Failures come as <see cref="SyncFailureException"/> with a key of the closed set <c>errors.connection.*</c> and <c>errors.extraction.*</c>;
/// a connector never words a message itself and never lets a driver's text through to a tenant.
/// </summary>
internal interface IConnector
{
    /// <summary>The value of <c>connection_params.driver</c>.</summary>
    string Driver { get; }

    /// <summary>Members of <c>connection_params</c> that are secrets: sealed at rest, shown as <c>***</c>.</summary>
    IReadOnlySet<string> SecretFields { get; }

    /// <summary>
    /// Members of <c>connection_params</c> that say where a secret is sent, and how well guarded on the way. A stored secret is kept (<c>***</c>) only
    /// while they are as they were: else whoever may write sources could have it sent to a server of their own.
    /// </summary>
    IReadOnlySet<string> AddressFields { get; }

    /// <summary>Every member this connector knows of <c>connection_params</c> (without <c>driver</c>).</summary>
    IReadOnlySet<string> ConnectionFields { get; }

    /// <summary>Names everything wrong with the parameters, without connecting.</summary>
    IEnumerable<Fault> Validate(JsonElement connectionParams);

    /// <summary>Runs every check of a connection and returns all outcomes; a check that fails does not hide those that can still run.</summary>
    Task<IReadOnlyList<ConnectionCheck>> TestAsync(SourceConnection connection, CancellationToken ct);

    /// <summary>What can be read: tables and views with columns, types and keys.</summary>
    Task<IReadOnlyList<SourceTable>> DescribeAsync(SourceConnection connection, CancellationToken ct);

    /// <summary>Streams records. Sequence numbers start at <see cref="ReadRequest.FirstSeq"/>. Memory does not grow with the table.</summary>
    IAsyncEnumerable<RecordBatch> ReadAsync(SourceConnection connection, ReadRequest request, CancellationToken ct);
}
