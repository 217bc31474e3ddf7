using System.Text;
using DataSync.Benchmarks.Data;
using DataSync.Benchmarks.Server;

namespace DataSync.Benchmarks.Running;

/// <summary>What every case is given.</summary>
/// <param name="Server">The database server.</param>
/// <param name="Checkout">The repository's root.</param>
/// <param name="Rows">Rows of the source table.</param>
/// <param name="SkipLarge">True leaves out what is measured once with five times the rows.</param>
/// <param name="Duration">How long what goes on for minutes takes; null for the case's own time.</param>
internal sealed record BenchContext(BenchServer Server, string Checkout, long Rows, bool SkipLarge, TimeSpan? Duration)
{
    /// <summary>Where reports and scratch files go.</summary>
    public string Folder { get; } = Path.Combine(Checkout, ".datasync", "bench");

    /// <summary>A file for a contender's output, removed if it is there.</summary>
    public string Scratch(string name)
    {
        var path = Path.Combine(Folder, "out", name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.Delete(path);
        return path;
    }

    /// <summary>Makes the source database with its orders.</summary>
    public async Task<Database> SourceAsync(CancellationToken ct)
    {
        Console.WriteLine($"  making {Rows:N0} orders");
        var source = await Server.CreateDatabaseAsync("source", ct);
        await OrdersGenerator.FillAsync(source, Rows, ct);
        return source;
    }

    /// <summary>Throws unless the file has so many lines.</summary>
    public static async Task ExpectLinesAsync(string path, long expected, CancellationToken ct)
    {
        await using var file = File.OpenRead(path);
        var buffer = new byte[1024 * 1024];
        var lines = 0L;
        for (int read; (read = await file.ReadAsync(buffer, ct)) > 0;) lines += buffer.AsSpan(0, read).Count((byte)'\n');
        if (lines != expected) throw new BenchmarkException($"{Path.GetFileName(path)} has {lines} lines instead of {expected}.");
    }

    /// <summary>Throws unless the CSV file has so many records besides its header; newlines within quotes end none.</summary>
    public static async Task ExpectCsvRecordsAsync(string path, long expected, CancellationToken ct)
    {
        await using var file = File.OpenRead(path);
        var buffer = new byte[1024 * 1024];
        var (records, quoted) = (-1L, false);
        for (int read; (read = await file.ReadAsync(buffer, ct)) > 0;)
        {
            foreach (var b in buffer.AsSpan(0, read))
            {
                if (b == '"') quoted = !quoted;
                else if (b == '\n' && !quoted) records++;
            }
        }

        if (records != expected) throw new BenchmarkException($"{Path.GetFileName(path)} has {records} records instead of {expected}.");
    }

    public static UTF8Encoding Utf8 { get; } = new(encoderShouldEmitUTF8Identifier: false);
}
