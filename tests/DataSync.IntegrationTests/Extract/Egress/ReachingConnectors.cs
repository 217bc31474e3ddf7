using System.Collections.Concurrent;
using System.Net;
using System.Text.Json;
using DataSync.Extract;
using DataSync.Extract.Incremental.ChangeLog;
using DataSync.IntegrationTests.Extract.Odbc;
using DataSync.Pipeline.Connectors;
using DataSync.Pipeline.Failures;
using DataSync.Pipeline.Incremental;
using DataSync.Platform.Http.Egress;
using DataSync.Platform.Resilience;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace DataSync.IntegrationTests.Extract.Egress;

/// <summary>Every connector of this build that reaches out, as the system makes it, with the operator's settings and a name server of the test's.</summary>
internal sealed class ReachingConnectors : IAsyncDisposable
{
    /// <summary>Names that the operator excepts from TLS, so that nothing but the address is in the way.</summary>
    public const string Name = "named.example";

    /// <summary>The second of the drivers that ODBC is tried through; the first stands for itself.</summary>
    public const string OdbcMariaDb = "odbc mariadb";

    /// <summary>Drivers that are told no address: a file.</summary>
    private static readonly string[] WithoutAddress = ["sqlite"];

    private static readonly ConcurrentDictionary<(string, string, int), string> DataSources = new();

    private readonly ServiceProvider _services;

    public ReachingConnectors(string egress, NameResolution? resolve = null)
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>(StringComparer.Ordinal)
        {
            ["DATASYNC_EGRESS_ALLOW"] = egress,
            ["DATASYNC_ODBC_DRIVERS"] = OdbcRegistrations.All,
            ["DATASYNC_TLS_EXCEPTIONS"] = $"0.0.0.0/0,::/0,localhost,{Name}",
        }).Build();
        var services = new ServiceCollection().AddLogging().AddSingleton(TimeProvider.System).AddSingleton<IConfiguration>(configuration)
            .AddSingleton(resolve ?? (static async (host, ct) => await Dns.GetHostAddressesAsync(host, ct)))
            .AddExtract(configuration).AddSingleton(new SharedRateLimit(null!));
        foreach (var type in Types()) services.AddSingleton(typeof(IConnector), type);
        _services = services.BuildServiceProvider();
    }

    /// <summary>Drivers of the connectors that are told an address.</summary>
    public static IReadOnlyList<string> Drivers { get; } = Scan();

    /// <summary>The same, with each driver that ODBC's is tried through.</summary>
    public static IReadOnlyList<string> DriversOfDrivers { get; } = [.. Drivers, OdbcMariaDb];

    public IConnector Of(string driver) => _services.GetServices<IConnector>().Single(c => c.Driver == Plain(driver));

    /// <summary>A source there; for <c>api</c> over plain HTTP, for databases without TLS.</summary>
    public static SourceConnection To(string driver, string host, int port) => Plain(driver) switch
    {
        "api" => new SourceConnection(driver, JsonSerializer.SerializeToElement(new { base_url = $"http://{ForbiddenAddresses.InUrl(host)}:{port}" })),
        "odbc" => OdbcSource.Connection(DataSources.GetOrAdd((driver, host, port), static to => Register(to.Item1, to.Item2, to.Item3)), "u", "p"),
        _ => new SourceConnection(driver, JsonSerializer.SerializeToElement(new { driver, host, port, database = "d", username = "u", password = "p", tls = "disable" })),
    };

    public static ReadRequest Request(string driver)
        => driver == "api" ? new ReadRequest { Extraction = JsonElement.Parse("""{"path":"/x"}""") } : new ReadRequest { Query = "SELECT 1 AS a" };

    /// <summary>The failure of each way to use a connector: reading, describing, verifying, testing; and of a test what comes after the address was judged.</summary>
    public async Task<IReadOnlyList<(string Way, SyncFailure? Failure)>> TryAsync(string driver, string host, int port, CancellationToken ct)
    {
        var (connector, connection) = (Of(driver), To(driver, host, port));
        List<(string, SyncFailure?)> outcomes = [("read", await FailureAsync(() => ReadOutcome.OfAsync(connector, connection, Request(driver), ct)))];
        if (driver != "api") outcomes.Add(("describe", await FailureAsync(() => connector.DescribeAsync(connection, ct))));
        if (connector is IVerifiesReadOnly verifier) outcomes.Add(("verify", await FailureAsync(() => verifier.VerifyAsync(connection, ct))));
        if (connector is ITracksChanges tracker)
        {
            var request = new ReadRequest { Table = "t" };
            outcomes.Add(("offer", await FailureAsync(() => tracker.OfferAsync(connection, request, ct))));
            outcomes.Add(("setup", await FailureAsync(() => tracker.SetupAsync(connection, request, null, ct))));

            // who has nothing to give back reaches for nothing: the trap would tell
            if (await FailureAsync(() => tracker.ReleaseAsync(connection, null, ct)) is { } denied) outcomes.Add(("release", denied));
            foreach (var plan in Plans(driver))
            {
                outcomes.Add(("changes", await FailureAsync(async () =>
                {
                    await foreach (var batch in tracker.ReadChangesAsync(connection, request, plan, ct)) batch.Dispose();
                })));
            }
        }

        outcomes.Add(("test", await FailureAsync(async () =>
        {
            var checks = await connector.TestAsync(connection, ct);
            var failed = checks.First(c => c.Passed != true);
            Assert.All(checks.SkipWhile(c => c != failed).Skip(1), c => Assert.Null(c.Passed));
            if (failed.Passed == false) throw new SyncFailureException(SyncFailure.Permanent(failed.MessageKey!, [.. failed.Params!.Select(p => (p.Key, p.Value))]));
        })));
        return outcomes;
    }

    private static string Plain(string driver) => driver.Split(' ')[0];

    /// <summary>ODBC's servers are named by what the operator registers.</summary>
    private static string Register(string driver, string host, int port) => driver == OdbcMariaDb
        ? OdbcRegistrations.Add(OdbcRegistrations.MariaDb, ("TCPIP", 1), ("SERVER", host), ("PORT", port), ("FORCETLS", 0))
        : OdbcRegistrations.Add(OdbcRegistrations.Postgres, ("Servername", host), ("Port", port), ("Database", "d"), ("SSLmode", "disable"));

    public ValueTask DisposeAsync() => _services.DisposeAsync();

    /// <summary>Plans of a first reading, one of each way a connector has to follow changes.</summary>
    private static IReadOnlyList<ChangePlan> Plans(string driver)
    {
        var extent = new ChangeLogExtent { LogName = "t_log", Key = ["id"], Before = new ChangeLogState { Log = "", Position = 1 } };
        var (first, byChangeLog) = (new ChangePlan { Everything = true }, new ChangePlan { Everything = true, Extent = extent.ToJson() });
        return driver switch
        {
            "mysql" or "odbc" or OdbcMariaDb => [byChangeLog],
            "postgresql" => [first, byChangeLog],
            _ => [first],
        };
    }

    private static async Task<SyncFailure?> FailureAsync(Func<Task> work)
    {
        try
        {
            await work();
            return null;
        }
        catch (SyncFailureException e)
        {
            return e.Failure;
        }
    }

    private static IEnumerable<Type> Types() => typeof(IConnector).Assembly.GetTypes().Where(t => t is { IsClass: true, IsAbstract: false } && t.IsAssignableTo(typeof(IConnector)));

    /// <summary>A new connector is in by itself, and one that names its server by another member must say so here.</summary>
    private static IReadOnlyList<string> Scan()
    {
        var connectors = new ReachingConnectors("")._services.GetServices<IConnector>().ToList();
        var reaching = connectors.Where(c => c.ConnectionFields.Overlaps(["host", "base_url", "dsn"])).Select(c => c.Driver).Order(StringComparer.Ordinal).ToList();
        Assert.Empty(connectors.Select(c => c.Driver).Except(reaching).Except(WithoutAddress));
        return reaching;
    }
}
