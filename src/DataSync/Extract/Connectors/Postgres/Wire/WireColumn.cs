namespace DataSync.Extract.Connectors.Postgres.Wire;

/// <summary>How one type is fetched: its format, and the type the server casts to first where there is no format for its own.</summary>
internal sealed record WireColumn(WireFormat Format, string? Cast = null);
