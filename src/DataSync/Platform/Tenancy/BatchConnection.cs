using Npgsql;

namespace DataSync.Platform.Tenancy;

/// <summary>A pooled connection held for many batches: who gives one back each time has the server clear its session each time. Outside a batch it sees no tenant's rows.</summary>
internal sealed class BatchConnection(NpgsqlConnection connection) : IAsyncDisposable
{
    /// <summary>See <see cref="TenantDatabase.BatchAsync"/>. One at a time.</summary>
    public TenantBatch Batch(string tenantId, bool durable)
    {
        ArgumentException.ThrowIfNullOrEmpty(tenantId);
        return new TenantBatch(connection, tenantId, durable, keepsConnection: true);
    }

    public ValueTask DisposeAsync() => connection.DisposeAsync();
}
