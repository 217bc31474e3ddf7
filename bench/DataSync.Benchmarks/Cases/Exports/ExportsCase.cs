using System.Text.Json;
using DataSync.Benchmarks.Cases.Peers;
using DataSync.Benchmarks.Measuring;
using DataSync.Benchmarks.Ours;
using DataSync.Benchmarks.Running;
using DataSync.Benchmarks.Server;

namespace DataSync.Benchmarks.Cases.Exports;

/// <summary>How fast stored records become files.</summary>
internal sealed class ExportsCase : BenchmarkCase
{
    private const string PsqlCsv = "limit: psql COPY of the columns as CSV";
    private const string Csv = "DataSync, stored records → CSV";
    private const string DuckDb = "limit: DuckDB, the same documents → Parquet";
    private const string Parquet = "DataSync, stored records → Parquet";
    private const string Gzip = "limit: gzip -6 of that CSV";
    private const string CsvGzip = "DataSync, stored records → CSV, gzip";

    public override string Name => "exports";

    public override string Title => "stored orders → CSV, Parquet and CSV with gzip, beside psql, DuckDB and gzip -6";

    public override int Rounds => 3;

    public override async Task<CasePlan> PrepareAsync(BenchContext context, CancellationToken ct)
    {
        var source = await context.SourceAsync(ct);
        var system = await SystemDatabase.CreateAsync(context.Server, context.Checkout, ct);
        await system.MigrateAsync(ct);
        var (jsonFile, csvFile, parquetFile, gzipFile) = (context.Scratch("orders.jsonl"), context.Scratch("limit.csv"), context.Scratch("limit.parquet"), context.Scratch("limit.csv.gz"));
        var root = Path.Combine(context.Folder, "out", "exports");
        await context.Server.Psql.Run(source, $"\\copy (SELECT row_to_json(o) FROM orders o) TO '{jsonFile}' {Psql.PlainLines}").RunAsync(context.Server.Cpu, ct);
        await SelfProcess.Of([StoreProgram.Name, jsonFile], system.Settings).RunAsync(context.Server.Cpu, ct);
        var job = await system.Superuser.ScalarAsync<Guid>("SELECT id FROM sync_jobs LIMIT 1", ct);
        var psql = context.Server.Psql.Run(source, $"\\copy (SELECT * FROM orders) TO '{csvFile}' (FORMAT csv, HEADER)");
        await psql.RunAsync(context.Server.Cpu, ct);
        var peer = PeerProgram.DuckDb(context.Checkout);
        var duckDb = new ChildProcess([.. peer.Command, jsonFile, parquetFile], new Dictionary<string, string>(StringComparer.Ordinal) { ["NODE_FOLDER"] = PeerProgram.DuckDbFolder(context.Checkout) });
        var gzip = new ChildProcess(["/bin/sh", "-c", "gzip -6 -c \"$1\" > \"$2\"", "sh", csvFile, gzipFile], new Dictionary<string, string>(StringComparer.Ordinal));
        return new CasePlan(
            [
                new Contender(PsqlCsv, token => psql.RunAsync(context.Server.Cpu, token)) { CheckAsync = token => BenchContext.ExpectCsvRecordsAsync(csvFile, context.Rows, token) },
                Ours(Csv, "csv", "none", token => BenchContext.ExpectCsvRecordsAsync(Exported.Find(root, "data.csv"), context.Rows, token)),
                new Contender(DuckDb, token => duckDb.RunAsync(context.Server.Cpu, token)) { Missing = peer.Missing },
                Ours(Parquet, "parquet", "none", token => ExpectRecordsAsync(root, "data.parquet", context.Rows, token)),
                new Contender(Gzip, token => gzip.RunAsync(context.Server.Cpu, token)),
                Ours(CsvGzip, "csv", "gzip", token => ExpectRecordsAsync(root, "data.csv.gz", context.Rows, token)),
            ],
            [
                new Target("CSV, wall time beside psql", 1.5, r => r.WallRatio(Csv, PsqlCsv)),
                new Target("Parquet, wall time beside DuckDB", 2.0, r => r.WallRatio(Parquet, DuckDb)),
                new Target("CSV with gzip, wall time beside gzip -6 alone", 1.1, r => r.WallRatio(CsvGzip, Gzip)),
                new Target("peak memory, CSV", 256, r => r.PeakMegabytes(Csv)) { Unit = "MB" },
                new Target("peak memory, Parquet", 256, r => r.PeakMegabytes(Parquet)) { Unit = "MB" },
            ]);

        Contender Ours(string name, string format, string compression, Func<CancellationToken, Task> check)
        {
            var child = SelfProcess.Of([ExportProgram.Name, $"{job}", format, compression, root], system.Settings);
            return new Contender(name, token => child.RunAsync(context.Server.Cpu, token)) { BeforeAsync = _ => Exported.RemoveAsync(root), CheckAsync = check };
        }
    }

    private static async Task ExpectRecordsAsync(string root, string name, long expected, CancellationToken ct)
    {
        Exported.Find(root, name);
        var manifest = JsonElement.Parse(await File.ReadAllBytesAsync(Exported.Find(root, "manifest.json"), ct));
        if (manifest.GetProperty("records").GetInt64() != expected) throw new BenchmarkException($"{name} has {manifest.GetProperty("records")} records instead of {expected}.");
    }
}
