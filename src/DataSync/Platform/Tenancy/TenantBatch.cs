using Npgsql;

namespace DataSync.Platform.Tenancy;

/// <summary>
/// A few statements of a tenant that need no answer of each other, sent at once: one round trip, and one transaction of the server's own making, in which the
/// tenant is set first. All of them hold, or none. Statements of several tenants may share the transaction, each behind its own tenant's setting.
/// </summary>
internal sealed class TenantBatch : IAsyncDisposable
{
    private readonly NpgsqlConnection? _connection;
    private readonly NpgsqlBatch _batch;

    /// <summary>A batch on a connection that goes back with it, or (<paramref name="keepsConnection"/>) stays with who holds it.</summary>
    internal TenantBatch(NpgsqlConnection connection, string tenantId, bool durable, bool keepsConnection = false)
    {
        _connection = keepsConnection ? null : connection;
        _batch = new NpgsqlBatch(connection);
        Set(tenantId, durable ? TenantConnection.Setting : TenantConnection.SettingWithoutDisk);
    }

    /// <summary>How long the server may take for all of it.</summary>
    public TimeSpan Patience
    {
        set => _batch.Timeout = (int)Math.Ceiling(value.TotalSeconds);
    }

    /// <summary>The statements added from here on are another tenant's, and see its rows alone.</summary>
    public void TurnTo(string tenantId) => Set(tenantId, TenantConnection.Setting);

    /// <summary>Adds a statement with positional parameters <c>$1 …</c>.</summary>
    public NpgsqlBatchCommand Add(string sql, params ReadOnlySpan<object> values)
    {
        var command = new NpgsqlBatchCommand(sql);
        foreach (var value in values) command.Parameters.Add(value as NpgsqlParameter ?? new NpgsqlParameter { Value = value });
        _batch.BatchCommands.Add(command);
        return command;
    }

    /// <summary>Sends the statements, for their effect.</summary>
    public Task ExecuteAsync(CancellationToken ct) => _batch.ExecuteNonQueryAsync(ct);

    /// <summary>
    /// Sends the statements; the reader is at the answer of the first one added. What they did holds once the reader has been read to its end: whoever needs that
    /// disposes of it before going on.
    /// </summary>
    public async Task<NpgsqlDataReader> ReadAsync(CancellationToken ct)
    {
        var reader = await _batch.ExecuteReaderAsync(ct);
        await reader.NextResultAsync(ct);
        return reader;
    }

    private void Set(string tenantId, string setting)
    {
        ArgumentException.ThrowIfNullOrEmpty(tenantId);
        _batch.BatchCommands.Add(new NpgsqlBatchCommand(setting) { Parameters = { new NpgsqlParameter<string> { TypedValue = tenantId } } });
    }

    public async ValueTask DisposeAsync()
    {
        await _batch.DisposeAsync();
        if (_connection is not null) await _connection.DisposeAsync();
    }
}
