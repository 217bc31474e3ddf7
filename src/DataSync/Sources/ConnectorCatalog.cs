using System.Collections.Frozen;
using DataSync.Pipeline.Connectors;

namespace DataSync.Sources;

/// <summary>The connectors there are, by the name of their driver.</summary>
internal sealed class ConnectorCatalog
{
    private readonly FrozenDictionary<string, IConnector> _connectors;

    public ConnectorCatalog(IEnumerable<IConnector> connectors)
    {
        _connectors = connectors.ToFrozenDictionary(c => c.Driver, StringComparer.Ordinal);
        Drivers = [.. _connectors.Keys.Where(d => d != SourceTypes.Api).Order(StringComparer.Ordinal)];
    }

    /// <summary>The drivers of databases: what a source may name.</summary>
    public IReadOnlyList<string> Drivers { get; }

    /// <summary>Null for a driver that this build does not have, as of a source that another version stored.</summary>
    public IConnector? Find(string driver) => _connectors.GetValueOrDefault(driver);
}
