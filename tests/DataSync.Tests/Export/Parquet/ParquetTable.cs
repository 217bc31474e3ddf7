using System.Text.Json;

namespace DataSync.Tests.Export.Parquet;

/// <summary>A Parquet file as DuckDB reads it.</summary>
/// <param name="Columns">Names as the file has them, and DuckDB's types.</param>
/// <param name="Rows">Values as text, every digit.</param>
/// <param name="Json">The columns that the file's metadata says are JSON.</param>
/// <param name="Groups">Rows of each row group.</param>
internal sealed record ParquetTable(List<(string Name, string Type)> Columns, IReadOnlyList<IReadOnlyList<string?>> Rows, string[] Json, List<int> Groups)
{
    public static async Task<ParquetTable> ReadAsync(string path, CancellationToken ct)
    {
        var file = DuckDb.Quoted(path);
        var read = await DuckDb.QueryAsync(
            ct,
            $"SELECT name FROM parquet_schema({file}) WHERE num_children IS NULL OR num_children = 0",
            $"SELECT * FROM read_parquet({file})",
            $"SELECT decode(value) FROM parquet_kv_metadata({file}) WHERE decode(key) = 'datasync.json_columns'",
            $"SELECT DISTINCT row_group_id, row_group_num_rows FROM parquet_metadata({file}) ORDER BY 1");
        return new ParquetTable(
            [.. read[0].Rows.Select(r => r[0]!).Zip(read[1].Types)], read[1].Rows,
            read[2].Rows.Count == 0 ? [] : JsonSerializer.Deserialize<string[]>(read[2].Rows[0][0]!)!,
            [.. read[3].Rows.Select(r => int.Parse(r[1]!, System.Globalization.CultureInfo.InvariantCulture))]);
    }
}
