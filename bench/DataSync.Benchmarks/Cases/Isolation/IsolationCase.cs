using System.Diagnostics;
using DataSync.Benchmarks.Measuring;
using DataSync.Benchmarks.Ours;
using DataSync.Benchmarks.Running;
using DataSync.Benchmarks.Server;
using DataSync.Faults.Tenants;

namespace DataSync.Benchmarks.Cases.Isolation;

/// <summary>A proof rather than a figure: a million mixed requests of fifty tenants over shared pools, and nobody sees a row of another's.</summary>
internal sealed class IsolationCase : BenchmarkCase
{
    private const string Ours = "mixed requests of 50 tenants, 64 connections";
    private const string Foreign = "foreign";
    private const int Tenants = 50, Connections = 64;

    public override string Name => "isolation";

    public override string Title => "requests of 50 tenants mixed over shared pools, some broken off: every answer searched for others' rows";

    /// <summary>Requests.</summary>
    public override long Rows => 1_000_000;

    public override int Rounds => 1;

    public override async Task<CasePlan> PrepareAsync(BenchContext context, CancellationToken ct)
    {
        var source = await context.Server.CreateDatabaseAsync("source", ct);
        var reader = await context.Server.CreateReaderAsync(source, ct);
        var system = await StartedSystem.StartAsync(context, reader, new Dictionary<string, string>(StringComparer.Ordinal) { ["DATASYNC_RATE_LIMIT_PER_SECOND"] = "1000000" }, ct);
        var handler = new SocketsHttpHandler { UseProxy = false };
        List<MarkedTenant> tenants = [.. Enumerable.Range(0, Tenants).Select(i => new MarkedTenant($"t{i}", 20 + i, system.Address, system.TokenOf($"t{i}"), handler))];
        var connection = SourceParameters.Of(reader);
        foreach (var tenant in tenants) await tenant.PrepareAsync(connection, ct);
        var seed = 0;
        return new CasePlan([new Contender(Ours, RunAsync)], [new Target("answers with another tenant's rows, and rows at another tenant's", 0, r => r.Median(Ours, m => m.Figures[Foreign])) { Unit = "answers" }])
        {
            EndAsync = async () =>
            {
                foreach (var tenant in tenants) tenant.Dispose();
                handler.Dispose();
                await system.DisposeAsync();
            },
        };

        async Task<Measurement> RunAsync(CancellationToken token)
        {
            var (cpu, began) = (system.ApiProcess.Cpu, Stopwatch.GetTimestamp());
            var traffic = new MixedTraffic(tenants, connection);
            await traffic.RunAsync(context.Rows, Connections, ++seed, token);
            var wall = Stopwatch.GetElapsedTime(began);
            foreach (var fault in traffic.Faults) Console.WriteLine($"  {fault}");
            foreach (var (kind, count) in traffic.Answered.OrderByDescending(a => a.Value)) Console.WriteLine($"  {count,9:N0}  {kind}");
            Console.WriteLine($"  {traffic.BrokenOff,9:N0}  broken off");
            return new Measurement
            {
                Wall = wall,
                ClientCpu = system.ApiProcess.Cpu - cpu,
                PeakBytes = system.ApiProcess.PeakBytes,
                Figures = new Dictionary<string, double>(StringComparer.Ordinal) { [Foreign] = traffic.Faults.Count + await StoredAsync(system.Database.Superuser, token) },
            };
        }
    }

    /// <summary>Rows whose mark is not their tenant's.</summary>
    private static Task<double> StoredAsync(Database database, CancellationToken ct) => database.ScalarAsync<double>(
        """
        SELECT (SELECT count(*) FROM sync_data WHERE raw_data::text NOT LIKE '%mark-' || tenant_id || '-%')::double precision
             + (SELECT count(*) FROM data_source_configs WHERE source_name NOT LIKE 'mark-' || tenant_id || '-%')
        """, ct);
}
