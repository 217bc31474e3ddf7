using DataSync.IntegrationTests.Postgres;
using Npgsql;

namespace DataSync.IntegrationTests.Properties;

/// <summary>CSV as PostgreSQL's COPY reads it, into columns of text.</summary>
internal static class CopiedTable
{
    /// <summary>The rows in their order, the header among them.</summary>
    public static async Task<List<List<string?>>> ReadAsync(string csv, int columns, CancellationToken ct)
    {
        await using var connection = new NpgsqlConnection(await PostgresServer.AdminAsync(ct));
        await connection.OpenAsync(ct);
        var names = string.Join(',', Enumerable.Range(0, columns).Select(i => $"c{i}"));
        await using (var create = new NpgsqlCommand($"CREATE TEMP TABLE copied (place bigint GENERATED ALWAYS AS IDENTITY,{names.Replace(",", " text,", StringComparison.Ordinal)} text)", connection)) await create.ExecuteNonQueryAsync(ct);
        await using (var copy = await connection.BeginTextImportAsync($"COPY copied ({names}) FROM STDIN (FORMAT csv)", ct)) await copy.WriteAsync(csv.AsMemory(), ct);
        await using var select = new NpgsqlCommand($"SELECT {names} FROM copied ORDER BY place", connection);
        await using var reader = await select.ExecuteReaderAsync(ct);
        List<List<string?>> rows = [];
        while (await reader.ReadAsync(ct)) rows.Add([.. Enumerable.Range(0, columns).Select(i => reader.IsDBNull(i) ? null : reader.GetString(i))]);
        return rows;
    }
}
