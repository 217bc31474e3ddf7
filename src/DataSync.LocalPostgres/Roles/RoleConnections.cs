namespace DataSync.LocalPostgres;

/// <summary>Connection strings to one database, a role each.</summary>
/// <param name="Owner"><c>datasync_owner</c>: migrations only.</param>
/// <param name="App"><c>datasync_app</c>: the API and the workers, held by row-level security.</param>
/// <param name="System"><c>datasync_system</c>: the sweeps across tenants.</param>
public sealed record RoleConnections(string Owner, string App, string System);
