using System.IO.Compression;
using Npgsql;

namespace DataSync.Dev.Demo;

/// <summary>
/// Loads the sample data into a source database. A sample is a folder with <c>schema.sql</c>, which makes exactly one table, and one data
/// file: <c>*.csv.gz</c> (with a header; an unquoted empty field is null) or <c>*.jsonl.gz</c> (an object a line, members named as the columns).
/// </summary>
sealed class SampleSource(string folder)
{
    /// <summary>Makes the table, fills it, and returns its name as SQL writes it. The connection is to the source database, which is empty.</summary>
    public async Task<string> LoadAsync(string superuserConnection, CancellationToken ct)
    {
        var data = DataFile();
        await using var connection = new NpgsqlConnection(superuserConnection);
        await connection.OpenAsync(ct);
        await ExecuteAsync(connection, await File.ReadAllTextAsync(Path.Combine(folder, "schema.sql"), ct), ct);
        var table = await TableAsync(connection, ct);
        await using var lines = new GZipStream(File.OpenRead(data), CompressionMode.Decompress);
        if (data.EndsWith(".csv.gz", StringComparison.Ordinal)) await CopyCsvAsync(connection, table, lines, ct);
        else await CopyJsonLinesAsync(connection, table, lines, ct);
        await ExecuteAsync(connection, $"ANALYZE {table}", ct);
        return table;
    }

    string DataFile()
    {
        if (!Directory.Exists(folder)) throw new DevException($"The sample data is missing: {folder}");
        return Directory.EnumerateFiles(folder).FirstOrDefault(f => f.EndsWith(".csv.gz", StringComparison.Ordinal) || f.EndsWith(".jsonl.gz", StringComparison.Ordinal))
            ?? throw new DevException($"{folder} holds no *.csv.gz or *.jsonl.gz");
    }

    async Task<string> TableAsync(NpgsqlConnection connection, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand("SELECT string_agg(format('%I', relname), ' ') FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace", connection);
        return await command.ExecuteScalarAsync(ct) is string table && !table.Contains(' ', StringComparison.Ordinal)
            ? table
            : throw new DevException($"{folder}/schema.sql must make exactly one table.");
    }

    static async Task CopyCsvAsync(NpgsqlConnection connection, string table, Stream lines, CancellationToken ct)
    {
        using var reader = new StreamReader(lines);
        var header = await reader.ReadLineAsync(ct) ?? "";
        await using var copy = await connection.BeginTextImportAsync($"COPY {table} ({header}) FROM STDIN (FORMAT csv)", ct);
        await PumpAsync(reader, copy, ct);
    }

    static async Task CopyJsonLinesAsync(NpgsqlConnection connection, string table, Stream lines, CancellationToken ct)
    {
        using var reader = new StreamReader(lines);
        await ExecuteAsync(connection, "CREATE TEMPORARY TABLE sample_line (document json NOT NULL)", ct);
        // As CSV with a quote and a delimiter that JSON text never holds: each line is taken as it is.
        await using (var copy = await connection.BeginTextImportAsync("COPY sample_line FROM STDIN (FORMAT csv, DELIMITER E'\\x02', QUOTE E'\\x01')", ct))
            await PumpAsync(reader, copy, ct);
        await ExecuteAsync(connection, $"INSERT INTO {table} SELECT record.* FROM sample_line, json_populate_record(NULL::{table}, document) AS record", ct);
    }

    static async Task PumpAsync(StreamReader from, TextWriter to, CancellationToken ct)
    {
        var buffer = new char[64 * 1024];
        for (int read; (read = await from.ReadAsync(buffer, ct)) > 0;) await to.WriteAsync(buffer.AsMemory(0, read), ct);
    }

    static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(ct);
    }
}
