using System.Text.Json.Nodes;
using DataSync.Benchmarks.Cases.Peers;
using DataSync.Benchmarks.Measuring;
using DataSync.Benchmarks.Ours;
using DataSync.Benchmarks.Running;
using Npgsql;

namespace DataSync.Benchmarks.Cases.Odbc;

/// <summary>What ODBC costs: the same table of the same server through psqlodbc by us and by pyodbc, and through our own connector.</summary>
internal sealed class OdbcCase : BenchmarkCase
{
    private const string Ours = "DataSync over psqlodbc → JSONL";
    private const string Native = "DataSync's own connector → JSONL";
    private const string Python = "Python: pyodbc over psqlodbc, json";
    private const string Source = "bench", Driver = "PostgreSQL Bench";

    public override string Name => "odbc";

    public override string Title => "PostgreSQL through ODBC → JSONL file, beside pyodbc and beside the native connector";

    // The Python program holds the whole result in memory.
    public override long Rows => 500_000;

    public override async Task<CasePlan> PrepareAsync(BenchContext context, CancellationToken ct)
    {
        var source = await context.SourceAsync(ct);
        var reader = await context.Server.CreateReaderAsync(source, ct);
        var registry = Register(context, reader);
        var (oursFile, nativeFile, pythonFile) = (context.Scratch("odbc-ours.jsonl"), context.Scratch("odbc-native.jsonl"), context.Scratch("odbc-python.jsonl"));
        var parameters = new JsonObject { ["driver"] = "odbc", ["dsn"] = Source, ["username"] = reader.Username, ["password"] = reader.Password };
        var ours = SelfProcess.Of(
            [ReadProgram.Name, oursFile],
            new Dictionary<string, string>([.. registry, .. SourceParameters.Settings(reader)], StringComparer.Ordinal) { ["DATASYNC_ODBC_DRIVERS"] = Driver, [ReadProgram.ConnectionSetting] = parameters.ToJsonString() });
        var native = SelfProcess.Of(
            [ReadProgram.Name, nativeFile],
            new Dictionary<string, string>(SourceParameters.Settings(reader), StringComparer.Ordinal) { [ReadProgram.ConnectionSetting] = SourceParameters.Of(reader).ToJsonString() });
        var program = PeerProgram.Pyodbc(context.Checkout);
        var python = new ChildProcess(
            [.. program.Command, pythonFile],
            new Dictionary<string, string>(registry, StringComparer.Ordinal) { ["DSN"] = Source, ["PGUSER"] = reader.Username!, ["PGPASSWORD"] = reader.Password! });
        return new CasePlan(
            [
                new Contender(Ours, token => ours.RunAsync(context.Server.Cpu, token)) { CheckAsync = token => CheckAsync(oursFile, token) },
                new Contender(Native, token => native.RunAsync(context.Server.Cpu, token)) { CheckAsync = token => CheckAsync(nativeFile, token) },
                new Contender(Python, token => python.RunAsync(context.Server.Cpu, token)) { CheckAsync = token => CheckAsync(pythonFile, token), Missing = program.Missing },
            ],
            [
                new Target("pyodbc takes so many times our time", 2, r => r.WallRatio(Python, Ours)) { AtLeast = true },
                new Target("the native connector takes so much of our time", 0.6, r => r.WallRatio(Native, Ours)) { AtLeast = true },
            ]);

        Task CheckAsync(string file, CancellationToken token) => BenchContext.ExpectLinesAsync(file, context.Rows, token);
    }

    /// <summary>A registry of ODBC's with the one data source; what processes need in their environment to find it.</summary>
    private static Dictionary<string, string> Register(BenchContext context, NpgsqlConnectionStringBuilder server)
    {
        var folder = Path.Combine(context.Folder, "odbc");
        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, "odbcinst.ini"), $"[{Driver}]\nDriver=psqlodbcw.so\n");
        File.WriteAllText(Path.Combine(folder, "odbc.ini"), $"[{Source}]\nDriver={Driver}\nServername={server.Host}\nPort={server.Port}\nDatabase={server.Database}\n");
        return new Dictionary<string, string>(StringComparer.Ordinal) { ["ODBCSYSINI"] = folder, ["ODBCINI"] = Path.Combine(folder, "none.ini") };
    }
}
