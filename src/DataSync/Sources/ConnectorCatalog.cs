using System.Collections.Frozen;
using DataSync.Pipeline.Connectors;
using DataSync.Pipeline.Push;

namespace DataSync.Sources;

/// <summary>The connectors there are, by the name of their driver; those of APIs and webhooks by their source's type.</summary>
internal sealed class ConnectorCatalog
{
    private readonly FrozenDictionary<string, ISourceConnector> _connectors;

    public ConnectorCatalog(IEnumerable<IConnector> connectors, IEnumerable<IPushConnector> pushed)
    {
        _connectors = connectors.Concat<ISourceConnector>(pushed).ToFrozenDictionary(c => c.Driver, StringComparer.Ordinal);
        Drivers = [.. _connectors.Keys.Where(d => d is not (SourceTypes.Api or SourceTypes.Webhook)).Order(StringComparer.Ordinal)];
    }

    /// <summary>The drivers of databases: what a source may name.</summary>
    public IReadOnlyList<string> Drivers { get; }

    /// <summary>Null for a driver that this build does not have, as of a source that another version stored.</summary>
    public ISourceConnector? Find(string driver) => _connectors.GetValueOrDefault(driver);
}
