namespace DataSync.Platform.Persistence;

/// <summary>The three ways into our own PostgreSQL.</summary>
internal sealed record DatabaseOptions
{
    /// <summary><c>DATASYNC_CONNECTION</c>: the application role. Row-level security binds it.</summary>
    public string Connection { get; init; } = "";

    /// <summary><c>DATASYNC_SYSTEM_CONNECTION</c>: the few cross-tenant sweeps, on few columns.</summary>
    public string SystemConnection { get; init; } = "";

    /// <summary><c>DATASYNC_OWNER_CONNECTION</c>: migrations only.</summary>
    public string OwnerConnection { get; init; } = "";

    /// <summary><c>DATASYNC_STORED_COMPRESSION</c>, applied by migrations.</summary>
    public StoredCompressionMethod StoredCompression { get; init; }
}
