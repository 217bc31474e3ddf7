using Npgsql;

namespace DataSync.Benchmarks.Server;

/// <summary>A database of the bench's own, reached as superuser.</summary>
internal sealed class Database(string connectionString)
{
    public string ConnectionString { get; } = connectionString;

    public NpgsqlConnectionStringBuilder Parameters => new(ConnectionString);

    public string Name => Parameters.Database!;

    public async Task ExecuteAsync(string sql, CancellationToken ct)
    {
        await using var connection = await OpenAsync(ct);
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 0 };
        await command.ExecuteNonQueryAsync(ct);
    }

    public async Task<T> ScalarAsync<T>(string sql, CancellationToken ct)
    {
        await using var connection = await OpenAsync(ct);
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 0 };
        return (T)(await command.ExecuteScalarAsync(ct))!;
    }

    // Without a pool: an idle backend of ours would take part in what is measured.
    private async Task<NpgsqlConnection> OpenAsync(CancellationToken ct)
    {
        var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(ConnectionString) { Pooling = false }.ConnectionString);
        await connection.OpenAsync(ct);
        return connection;
    }
}
