using DataSync.Benchmarks.Data;
using DataSync.Benchmarks.Measuring;
using DataSync.Benchmarks.Ours;
using DataSync.Benchmarks.Running;
using DataSync.Benchmarks.Server;

namespace DataSync.Benchmarks.Cases.Job;

/// <summary>The same way of the data by PostgreSQL's own means: COPY out into COPY in, then COPY back as JSONL and as CSV. No rules, no tenant, no checkpoint.</summary>
internal static class JobLimit
{
    public const string Name = "limit: psql COPY out into COPY in, COPY back as JSONL and CSV";

    public static Contender Create(BenchContext context, Database source, Database target)
    {
        var (jsonl, csv) = (context.Scratch("limit.jsonl"), context.Scratch("limit.csv"));
        var psql = context.Server.Psql;
        var line = psql.Shell(source, $"COPY (SELECT '{StoreProgram.Tenant}', '{Guid.CreateVersion7()}'::uuid, id - 1, order_uuid, 'orders', row_to_json(o) FROM orders o) TO STDOUT")
            + " | " + psql.Shell(target, "COPY plain (tenant_id, job_id, seq, id, source_id, raw_data) FROM STDIN")
            + "; " + psql.Shell(
                target,
                $"\\copy (SELECT raw_data FROM plain) TO '{jsonl}' {Psql.PlainLines}",
                $"\\copy (SELECT r.* FROM plain, json_to_record(raw_data) AS r({OrdersGenerator.Columns})) TO '{csv}' (FORMAT csv, HEADER)");
        ChildProcess process = Psql.RunShell(target, line);
        return new Contender(Name, ct => process.RunAsync(context.Server.Cpu, ct))
        {
            BeforeAsync = ct => target.ExecuteAsync("TRUNCATE plain; CHECKPOINT", ct),
            CheckAsync = async ct =>
            {
                await BenchContext.ExpectLinesAsync(jsonl, context.Rows, ct);
                await BenchContext.ExpectCsvRecordsAsync(csv, context.Rows, ct);
            },
        };
    }
}
