using System.Text.Json.Nodes;
using DataSync.Benchmarks.Measuring;
using DataSync.Benchmarks.Ours;
using DataSync.Benchmarks.Running;
using DataSync.Benchmarks.Server;

namespace DataSync.Benchmarks.Cases.MySql;

/// <summary>How fast a MariaDB's records come in.</summary>
internal sealed class MySqlCase : BenchmarkCase
{
    private const string Limit = "limit: mariadb --batch --quick";
    private const string Ours = "DataSync connector → JSONL";

    public override string Name => "mysql";

    public override string Title => "MariaDB → JSONL file, beside mariadb --batch --quick of the same table";

    public override async Task<CasePlan> PrepareAsync(BenchContext context, CancellationToken ct)
    {
        Console.WriteLine($"  making {context.Rows:N0} orders in a MariaDB");
        var server = await BenchMariaDb.StartAsync(ct);
        await server.ExecuteAsync(Orders.Replace("$rows", $"{context.Rows}", StringComparison.Ordinal), "bench", ct);
        var (limitFile, oursFile) = (context.Scratch("mysql-limit.tsv"), context.Scratch("mysql-ours.jsonl"));

        // a quoted line break stays one line, as \n does in JSON
        var limit = new ChildProcess(
            ["/bin/sh", "-e", "-c", $"exec mariadb --no-defaults --protocol=tcp --host=127.0.0.1 --port={server.Port} --user={BenchMariaDb.Login} --default-character-set=utf8mb4 --batch --quick --skip-column-names bench -e 'SELECT * FROM orders ORDER BY id' > '{limitFile}'"],
            new Dictionary<string, string>(StringComparer.Ordinal) { ["MYSQL_PWD"] = server.Password });
        var parameters = new JsonObject
        {
            ["driver"] = "mysql",
            ["host"] = "127.0.0.1",
            ["port"] = server.Port,
            ["database"] = "bench",
            ["username"] = BenchMariaDb.Login,
            ["password"] = server.Password,
            ["tls"] = "disable",
        };
        var ours = SelfProcess.Of(
            [ReadProgram.Name, oursFile],
            new Dictionary<string, string>(StringComparer.Ordinal)
            {
                ["DATASYNC_EGRESS_ALLOW"] = "127.0.0.0/8",
                ["DATASYNC_TLS_EXCEPTIONS"] = "127.0.0.1",
                [ReadProgram.ConnectionSetting] = parameters.ToJsonString(),
            });
        return new CasePlan(
            [
                new Contender(Limit, token => limit.RunAsync(new ServerCpu(null), token)) { CheckAsync = token => BenchContext.ExpectLinesAsync(limitFile, context.Rows, token) },
                new Contender(Ours, token => ours.RunAsync(new ServerCpu(null), token)) { CheckAsync = token => BenchContext.ExpectLinesAsync(oursFile, context.Rows, token) },
            ],
            [new Target("MySQL read, wall time beside the limit", 2.0, r => r.WallRatio(Ours, Limit))])
        { EndAsync = server.DisposeAsync };
    }

    /// <summary>The orders of the other cases, as MariaDB has them; every value follows from the row's number.</summary>
    private const string Orders =
        """
        CREATE TABLE orders (id bigint PRIMARY KEY, order_uuid uuid, customer varchar(200), email varchar(200), amount decimal(12,2), quantity int, active tinyint(1),
            created timestamp(6) NULL, modified_at datetime(6), attributes json, note text, weight double);
        INSERT INTO orders
        SELECT n, concat(left(h, 8), '-', mid(h, 9, 4), '-4', mid(h, 14, 3), '-a', mid(h, 18, 3), '-', right(h, 12)), concat(elt(1 + r % 10, 'Anaïs Lefèvre', 'Jürgen Groß', 'Þóra Jónsdóttir', 'Νίκος Σταύρου', '王小明', '佐藤 花子', 'Ольга Ким', 'Siobhán O''Brien', 'Wacław Źdźbło', 'Ada Lovelace 🚀'), ' #', r % 100003),
            concat('buyer.', r % 300007, '@shop', r % 89, '.example'), (r % 9999991) / 100, 1 + r % 50, r % 3 <> 1,
            timestampadd(second, r % 63072001, '2022-06-01'), timestampadd(microsecond, n * 11000003, '2025-03-01'),
            json_object('channel', elt(1 + r % 4, 'web', 'store', 'partner', 'app'), 'labels', json_array(concat('k', r % 17), concat('m', r % 5)),
                'delivery', json_object('city', elt(1 + r % 4, 'Zürich', 'Lyon', 'Tromsø', '大阪'), 'code', lpad(r % 99999, 5, '0'), 'express', r % 4 = 0), 'weightings', round((r % 1009) / 13, 4)),
            CASE WHEN r % 10 < 3 THEN NULL WHEN r % 10 < 6 THEN concat('Asked for "gift wrap", twice; see ticket ', r) WHEN r % 10 < 8 THEN concat('Ring the bell,\nthen wait at gate ', r % 1021)
                ELSE concat('Nothing special about order ', r) END, (r % 1000033) / 983e0
        FROM (SELECT seq AS n, md5(concat('order ', seq)) AS h, conv(left(md5(concat('seed ', seq)), 7), 16, 10) + 0 AS r FROM seq_1_to_$rows) AS numbered;
        ANALYZE TABLE orders;
        """;
}
