using DataSync.Benchmarks.Measuring;
using DataSync.Benchmarks.Ours;
using DataSync.Benchmarks.Running;
using DataSync.Benchmarks.Server;

namespace DataSync.Benchmarks.Cases.Store;

/// <summary>How fast records are kept, and what tenant isolation costs when they are read back.</summary>
internal sealed class StoreCase : BenchmarkCase
{
    private const string Limit = "limit: psql COPY into the plain table, superuser";
    private const string Ours = "DataSync leaf path, application role, with checkpoints";
    private const string Open = "read back as superuser, past row-level security";
    private const string Walled = "read back as application role, under row-level security";

    public override string Name => "store";

    public override string Title => "records → PostgreSQL under tenant isolation, beside one COPY into the same plain table";

    public override async Task<CasePlan> PrepareAsync(BenchContext context, CancellationToken ct)
    {
        var source = await context.SourceAsync(ct);
        var system = await SystemDatabase.CreateAsync(context.Server, context.Checkout, ct);
        await system.MigrateAsync(ct);
        await system.MakePlainTableAsync(ct);
        var (copyFile, jsonFile) = (context.Scratch("store.copy"), context.Scratch("store.jsonl"));
        await context.Server.Psql.Run(
            source,
            $"\\copy (SELECT '{StoreProgram.Tenant}', '{Guid.CreateVersion7()}'::uuid, id - 1, order_uuid, 'orders', row_to_json(o) FROM orders o) TO '{copyFile}'",
            $"\\copy (SELECT row_to_json(o) FROM orders o) TO '{jsonFile}' {Psql.PlainLines}").RunAsync(context.Server.Cpu, ct);
        var limit = context.Server.Psql.Run(system.Superuser, $"\\copy plain (tenant_id, job_id, seq, id, source_id, raw_data) FROM '{copyFile}'");
        var ours = SelfProcess.Of([StoreProgram.Name, jsonFile], system.Settings);
        var table = system.Superuser;
        return new CasePlan(
            [
                new Contender(Limit, token => limit.RunAsync(context.Server.Cpu, token))
                {
                    BeforeAsync = token => table.ExecuteAsync("TRUNCATE plain; CHECKPOINT", token),
                    CheckAsync = token => ExpectRowsAsync(table, "plain", context.Rows, token),
                },
                new Contender(Ours, token => ours.RunAsync(context.Server.Cpu, token))
                {
                    BeforeAsync = token => table.ExecuteAsync("TRUNCATE sync_data; DELETE FROM sync_jobs; CHECKPOINT", token),
                    CheckAsync = token => ExpectRowsAsync(table, "sync_data", context.Rows, token),
                },
                new Contender(Open, token => BackAsync(context, system, system.Superuser, token)),
                new Contender(Walled, token => BackAsync(context, system, new Database(system.Roles.App), token)),
            ],
            [
                new Target("store, wall time beside the limit", 1.3, r => r.WallRatio(Ours, Limit)),
                new Target("row-level security on reading back, server's CPU time", 1.05, r => ServerCpu(r, Walled) / ServerCpu(r, Open)),
            ]);
    }

    private static double? ServerCpu(CaseResults results, string contender) => results.Median(contender, m => m.ServerCpu?.TotalSeconds);

    /// <summary>The engine's own query for one job. The superuser names the tenant, so both walk the same index.</summary>
    private static async Task<Measurement> BackAsync(BenchContext context, SystemDatabase system, Database session, CancellationToken ct)
    {
        await system.Superuser.ExecuteAsync("VACUUM (ANALYZE) sync_data", ct);
        var job = await system.Superuser.ScalarAsync<Guid>("SELECT id FROM sync_jobs LIMIT 1", ct);
        var tenant = session == system.Superuser ? $"tenant_id = '{StoreProgram.Tenant}' AND " : "";
        return await context.Server.Psql.Run(
            session,
            $"BEGIN; SELECT set_config('app.tenant_id', '{StoreProgram.Tenant}', true); SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off; SET LOCAL enable_sort = off",
            $"COPY (SELECT raw_data, refined_data, refined_changes, metadata FROM public.sync_data WHERE {tenant}job_id = '{job}' ORDER BY seq) TO STDOUT (FORMAT binary)",
            "COMMIT").RunAsync(context.Server.Cpu, ct);
    }

    private static async Task ExpectRowsAsync(Database database, string table, long expected, CancellationToken ct)
    {
        var rows = await database.ScalarAsync<long>($"SELECT count(*) FROM {table}", ct);
        if (rows != expected) throw new BenchmarkException($"{table} holds {rows} rows instead of {expected}.");
    }
}
