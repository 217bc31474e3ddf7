using DataSync.Dev.Commands;
using DataSync.Dev.Keys;
using DataSync.LocalPostgres.Secrets;

namespace DataSync.Dev.Start;

/// <summary><c>./dev up</c>: the system in the foreground, until Ctrl-C or SIGTERM.</summary>
sealed class UpRun(Checkout checkout, int workers)
{
    public async Task<int> RunAsync(CancellationToken ct)
    {
        await using var system = await RunningSystem.StartAsync(checkout, workers, Address.FromEnvironment(), Console.WriteLine, ct);
        var url = system.Address.Browse;
        var token = new DevelopmentToken(new DevelopmentKeys(checkout.Keys), TimeProvider.System).Issue((TokenCommand)CommandLine.Parse(["token", "--tenant", "demo"]));
        Console.WriteLine(
            $"""

             URL      {url}
             Swagger  {new Uri(url, "/swagger")}
             Token    {token}

             The token is tenant demo's, for 12 hours; others: ./dev token --tenant ID. Ctrl-C stops everything.
             """);
        await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, ct).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        Console.WriteLine("Stopping …");
        return 0;
    }
}
