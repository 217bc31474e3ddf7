using Npgsql;

namespace DataSync.Faults.Running;

/// <summary>Questions of the rig's own, each on a connection of its own: a pool would keep what a crash has cut.</summary>
internal static class Query
{
    /// <summary>The first column of every row, as text; nulls are left out.</summary>
    public static async Task<List<string>> ReadAsync(string connectionString, string sql, CancellationToken ct)
    {
        await using var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false }.ConnectionString);
        await connection.OpenAsync(ct);
        await using var command = new NpgsqlCommand(sql, connection);
        await using var rows = await command.ExecuteReaderAsync(ct);
        List<string> found = [];
        while (await rows.ReadAsync(ct))
        {
            if (!await rows.IsDBNullAsync(0, ct)) found.Add(Convert.ToString(rows.GetValue(0), System.Globalization.CultureInfo.InvariantCulture)!);
        }

        return found;
    }
}
