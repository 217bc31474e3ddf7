using Npgsql;

namespace DataSync.Platform.Tenancy;

/// <summary>A pooled connection held for many transactions of one tenant. Outside a transaction it sees no tenant's rows.</summary>
internal sealed class TenantConnection(string tenantId, NpgsqlConnection connection) : IAsyncDisposable
{
    /// <summary>First statement of every tenant's transaction; <c>true</c> makes it end with it.</summary>
    internal const string Setting = "SELECT set_config('app.tenant_id', $1, true)";

    /// <summary>The same for a transaction that waits for no disk.</summary>
    internal const string SettingWithoutDisk = Setting + ", set_config('synchronous_commit', 'off', true)";

    public NpgsqlConnection Connection { get; } = connection;

    /// <summary>Begins a transaction as the tenant. Disposing without a commit rolls back.</summary>
    public Task<NpgsqlTransaction> BeginAsync(CancellationToken ct) => BeginAsync(durable: true, ct);

    /// <summary>The same; see <see cref="TenantDatabase.BeginAsync(string, bool, CancellationToken)"/>.</summary>
    public async Task<NpgsqlTransaction> BeginAsync(bool durable, CancellationToken ct)
    {
        var transaction = await Connection.BeginTransactionAsync(ct);
        try
        {
            await SetTenantAsync(Connection, tenantId, durable, ct);
            return transaction;
        }
        catch
        {
            await transaction.DisposeAsync();
            throw;
        }
    }

    public ValueTask DisposeAsync() => Connection.DisposeAsync();

    private static async Task SetTenantAsync(NpgsqlConnection connection, string tenantId, bool durable, CancellationToken ct)
    {
        await using var set = new NpgsqlCommand(durable ? Setting : SettingWithoutDisk, connection);
        set.Parameters.Add(new NpgsqlParameter<string> { TypedValue = tenantId });
        await set.ExecuteNonQueryAsync(ct);
    }
}
