using System.Text.Json;
using DataSync.Pipeline.Failures;

namespace DataSync.Pipeline.Connectors;

/// <summary>What every kind of source is, whether its records are fetched (<see cref="IConnector"/>) or sent to us (<see cref="Push.IPushConnector"/>): parameters, secrets, checks.</summary>
internal interface ISourceConnector
{
    /// <summary>The value of <c>connection_params.driver</c> of a database; else the source's type.</summary>
    string Driver { get; }

    /// <summary>Members of <c>connection_params</c> that are secrets: sealed at rest, shown as <c>***</c>.</summary>
    IReadOnlySet<string> SecretFields { get; }

    /// <summary>
    /// Members of <c>connection_params</c> that say where a secret is sent, and how well guarded on the way, or what it is read as. A stored secret is kept (<c>***</c>) only
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
}
