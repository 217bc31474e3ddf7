namespace DataSync.Extract.Connectors.Odbc.Gate;

/// <summary>How a session gets to its server: by the data source as it is registered, or through a relay that dialled for it.</summary>
/// <param name="source">The data source.</param>
/// <param name="relay">What dialled for it; null where its driver dials.</param>
/// <param name="attributes">What its driver is given instead of what is registered; null for just that.</param>
internal sealed class OdbcRoute(RegisteredSource source, OdbcRelay? relay, IReadOnlyDictionary<string, string>? attributes) : IDisposable
{
    /// <summary>True where an answer was larger than the driver may hold; the connection was ended for it.</summary>
    public bool IsOverfull => relay is { IsOverfull: true };

    /// <summary>True where the driver gives rows as they come.</summary>
    public bool IsStreamed => source.IsStreamed;

    /// <summary>Connects, by the name that this way has.</summary>
    public void Connect(Action<string> connect)
    {
        using var registration = attributes is null ? null : OwnRegistry.Register(attributes);
        connect(registration?.Name ?? source.Name);
    }

    /// <summary>Cuts the connection: a driver that waits then ends.</summary>
    public void Dispose() => relay?.Dispose();
}
