using DataSync.LocalPostgres;

namespace DataSync.Dev.Checks;

/// <summary><c>./dev bench</c>: the benchmarks, with a server of their own that writes as durably as a real one.</summary>
sealed class BenchRun(Checkout checkout)
{
    public async Task<int> RunAsync(IReadOnlyList<string> arguments, CancellationToken ct)
    {
        await using var postgres = await LocalPostgresServer.EnsureAsync(
            new LocalPostgresOptions { Folder = checkout.Local, Cluster = "bench-postgres", MayInstall = true, Report = Console.WriteLine }, ct);
        var environment = new Dictionary<string, string> { ["DATASYNC_ADMIN_CONNECTION"] = postgres.AdminConnection };
        return await Programs.RunAsync(Programs.Dotnet, [checkout.Assembly("bench", "DataSync.Benchmarks"), .. arguments], checkout.Root, environment, ct);
    }
}
