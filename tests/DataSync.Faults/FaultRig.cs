using DataSync.Faults.Books;
using DataSync.Faults.Running;
using Npgsql;

namespace DataSync.Faults;

/// <summary>The system, its source and the ledger, ready to be struck.</summary>
internal sealed class FaultRig : IAsyncDisposable
{
    private const int Rows = 3000;

    private FaultRig(FaultSystem system, SourceLedger source, Action<string> report) => (System, Campaign) = (system, new Campaign(system, source, report));

    public FaultSystem System { get; }

    public Campaign Campaign { get; }

    /// <summary>Starts all of it.</summary>
    /// <param name="options">What it is made with.</param>
    /// <param name="seed">What the source's rows come from.</param>
    /// <param name="report">Is told, a line each, how far a campaign is.</param>
    /// <param name="ct">Ends the start.</param>
    public static async Task<FaultRig> StartAsync(FaultSystemOptions options, int seed, Action<string> report, CancellationToken ct)
    {
        var source = new SourceLedger(options.Source);
        await source.CreateAsync(Rows, new Random(seed), ct);
        var system = await FaultSystem.StartAsync(options, ct);
        var login = new NpgsqlConnectionStringBuilder(options.Source);
        foreach (var table in (string[])[SourceLedger.Keyed, SourceLedger.Keyless])
        {
            await system.Client.RegisterAsync(
                new
                {
                    source_id = table,
                    source_name = table,
                    source_type = "database",
                    connection_params = new { driver = "postgresql", host = login.Host, port = login.Port, database = login.Database, username = login.Username, password = login.Password, tls = "disable" },
                    extraction_params = new { table },
                },
                ct);
        }

        return new FaultRig(system, source, report);
    }

    public ValueTask DisposeAsync() => System.DisposeAsync();
}
