using System.Text.Json.Nodes;
using DataSync.Benchmarks.Measuring;
using DataSync.Benchmarks.Ours;
using DataSync.Benchmarks.Running;
using DataSync.Benchmarks.Server;

namespace DataSync.Benchmarks.Cases.Sqlite;

/// <summary>How fast a SQLite file's records come in.</summary>
internal sealed class SqliteCase : BenchmarkCase
{
    private const string Limit = "limit: sqlite3 -json";
    private const string Ours = "DataSync connector → JSONL";

    public override string Name => "sqlite";

    public override string Title => "SQLite → JSONL file, beside sqlite3 -json of the same table";

    public override async Task<CasePlan> PrepareAsync(BenchContext context, CancellationToken ct)
    {
        if (Array.TrueForAll(Environment.GetEnvironmentVariable("PATH")!.Split(':'), f => !File.Exists(Path.Combine(f, "sqlite3"))))
            throw new BenchmarkException("The case needs sqlite3: apt-get install sqlite3");
        Console.WriteLine($"  making {context.Rows:N0} orders in a SQLite file");
        var database = context.Scratch("orders.sqlite");
        await Run("sqlite3", "-bail", database, Orders.Replace("$rows", $"{context.Rows}", StringComparison.Ordinal)).RunAsync(new ServerCpu(null), ct);
        var (limitFile, oursFile) = (context.Scratch("sqlite-limit.json"), context.Scratch("sqlite-ours.jsonl"));

        // one row a line, as elements of one list
        var limit = Run("/bin/sh", "-e", "-c", $"exec sqlite3 -readonly -json '{database}' 'SELECT * FROM orders ORDER BY id' > '{limitFile}'");
        var ours = SelfProcess.Of(
            [ReadProgram.Name, oursFile],
            new Dictionary<string, string>(StringComparer.Ordinal)
            {
                ["DATASYNC_SQLITE_ROOTS"] = Path.GetDirectoryName(database)!,
                [ReadProgram.ConnectionSetting] = new JsonObject { ["driver"] = "sqlite", ["path"] = database }.ToJsonString(),
            });
        return new CasePlan(
            [
                new Contender(Limit, token => limit.RunAsync(new ServerCpu(null), token)) { CheckAsync = token => BenchContext.ExpectLinesAsync(limitFile, context.Rows, token) },
                new Contender(Ours, token => ours.RunAsync(new ServerCpu(null), token)) { CheckAsync = token => BenchContext.ExpectLinesAsync(oursFile, context.Rows, token) },
            ],
            [new Target("SQLite read, wall time beside the limit", 2.0, r => r.WallRatio(Ours, Limit))])
        { EndAsync = () => { File.Delete(database); return ValueTask.CompletedTask; } };
    }

    private static ChildProcess Run(params string[] command) => new(command, new Dictionary<string, string>(StringComparer.Ordinal));

    /// <summary>Orders like those of the other cases, as SQLite has them; every value follows from the row's number.</summary>
    private const string Orders =
        """
        PRAGMA journal_mode = off; PRAGMA synchronous = off;
        CREATE TABLE orders (id INTEGER PRIMARY KEY, order_uuid TEXT, customer TEXT, email TEXT, amount REAL, quantity INTEGER, active INTEGER, created TEXT, modified_at TEXT, attributes TEXT, note TEXT, weight REAL);
        INSERT INTO orders
        WITH RECURSIVE numbered(n, r) AS (SELECT 1, 7919 UNION ALL SELECT n + 1, (r * 48271) % 2147483647 FROM numbered WHERE n < $rows)
        SELECT n, printf('%08x-%04x-4%03x-a%03x-%012x', r, r % 65521, r % 4093, r % 4091, n), CASE r % 5 WHEN 0 THEN 'Anaïs Lefèvre' WHEN 1 THEN 'Jürgen Groß' WHEN 2 THEN '王小明' WHEN 3 THEN 'Ольга Ким' ELSE 'Ada Lovelace 🚀' END || ' #' || (r % 100003),
            'buyer.' || (r % 300007) || '@shop' || (r % 89) || '.example', (r % 9999991) / 100.0, 1 + r % 50, r % 3 <> 1,
            datetime(1654041600 + r % 63072001, 'unixepoch'), strftime('%Y-%m-%dT%H:%M:%fZ', 1740787200 + n * 11, 'unixepoch'),
            json_object('channel', CASE r % 3 WHEN 0 THEN 'web' WHEN 1 THEN 'store' ELSE 'app' END, 'labels', json_array('k' || (r % 17), 'm' || (r % 5)),
                'delivery', json_object('city', CASE r % 2 WHEN 0 THEN 'Zürich' ELSE '大阪' END, 'code', printf('%05d', r % 99999), 'express', r % 4 = 0), 'weightings', round((r % 1009) / 13.0, 4)),
            CASE WHEN r % 10 < 3 THEN NULL WHEN r % 10 < 6 THEN 'Asked for "gift wrap", twice; see ticket ' || r WHEN r % 10 < 8 THEN 'Ring the bell,' || char(10) || 'then wait at gate ' || (r % 1021) ELSE 'Nothing special about order ' || r END, (r % 1000033) / 983.0
        FROM numbered;
        """;
}
