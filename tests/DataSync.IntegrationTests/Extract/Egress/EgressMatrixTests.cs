using System.Diagnostics;
using System.Net;
using DataSync.IntegrationTests.Extract.Api;
using DataSync.Pipeline.Failures;

namespace DataSync.IntegrationTests.Extract.Egress;

/// <summary>
/// One guard for HTTP, its redirects and every database driver: nothing forbidden is dialled, whatever it is called, whoever answers for its name, and however
/// often the answer changes. What is said, and when, does not depend on who would have answered.
/// </summary>
public sealed class EgressMatrixTests
{
    private const string Denied = "errors.connection.egress_denied";

    public static TheoryData<string> Drivers => [.. ReachingConnectors.Drivers];

    /// <summary>ODBC is one connector, and each of its drivers is told otherwise where to dial.</summary>
    public static TheoryData<string> DriversOfDrivers => [.. ReachingConnectors.DriversOfDrivers];

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public void All_are_sixty_and_more_and_every_driver_is_among_those_tried()
    {
        Assert.InRange(ForbiddenAddresses.All.Distinct(StringComparer.Ordinal).Count(), 60, 200);
        Assert.InRange(ForbiddenAddresses.Answers.Count(), 60, 200);
        Assert.Superset(new HashSet<string>(StringComparer.Ordinal) { "api", "postgresql", "mysql", "sqlserver", "odbc" }, ReachingConnectors.Drivers.ToHashSet(StringComparer.Ordinal));
    }

    /// <summary>The trap notices every driver's connection: without this the tests below could not fail.</summary>
    [Theory, MemberData(nameof(DriversOfDrivers))]
    public async Task Trap_notices_a_connection_that_is_allowed(string driver)
    {
        using var trap = new DialTrap();
        await using var connectors = new ReachingConnectors("127.0.0.0/8");
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        var reading = connectors.TryAsync(driver, "127.0.0.1", trap.Port, limit.Token);
        var clock = Stopwatch.StartNew();
        while (!trap.IsReached || trap.Dialled.Count == 0)
        {
            Assert.True(clock.Elapsed < TimeSpan.FromSeconds(180), $"reached {trap.IsReached}, dialled {trap.Dialled.Count}");
            await Task.Delay(20, Ct);
        }

        await limit.CancelAsync();
        await Assert.ThrowsAnyAsync<Exception>(() => reading);
        Assert.Contains("127.0.0.1", trap.Dialled);
    }

    [Theory, MemberData(nameof(DriversOfDrivers))]
    public async Task Forbidden_address_is_dialled_by_no_driver(string driver)
    {
        using var trap = new DialTrap();
        await using var connectors = new ReachingConnectors("");
        foreach (var address in ForbiddenAddresses.All) AssertDenied(address, await connectors.TryAsync(driver, address, trap.Port, Ct));
        trap.AssertUntouched();
    }

    [Theory, MemberData(nameof(DriversOfDrivers))]
    public async Task Name_that_leads_to_a_forbidden_address_is_dialled_by_no_driver(string driver)
    {
        using var trap = new DialTrap();
        IReadOnlyList<IPAddress> answer = [];
        await using var connectors = new ReachingConnectors("", (_, _) => Task.FromResult(answer));
        foreach (var address in ForbiddenAddresses.Answers)
        {
            foreach (var several in new IPAddress[][] { [address], [IPAddress.Parse("8.8.8.8"), address], [address, IPAddress.Parse("8.8.8.8")] })
            {
                answer = several;
                AssertDenied($"{address}", await connectors.TryAsync(driver, ReachingConnectors.Name, trap.Port, Ct));
            }
        }

        trap.AssertUntouched();
    }

    [Fact]
    public async Task Redirect_to_a_forbidden_address_is_not_followed()
    {
        using var trap = new DialTrap();
        var target = "";
        await using var server = await ApiServer.StartAsync(c =>
        {
            (c.Response.StatusCode, c.Response.Headers.Location) = (302, $"http://{ForbiddenAddresses.InUrl(target)}:{trap.Port}/x");
            return Task.CompletedTask;
        });
        await using var connectors = new ReachingConnectors($"{server.Url.Host}:{server.Url.Port}");
        var (connector, connection) = (connectors.Of("api"), ReachingConnectors.To("api", server.Url.Host, server.Url.Port));
        foreach (var address in ForbiddenAddresses.All)
        {
            target = address;
            var failure = await ReadOutcome.FailureAsync(connector, connection, ReachingConnectors.Request("api"), Ct);
            Assert.True(failure.MessageKey == Denied, $"{address}: {failure.MessageKey}");
        }

        Assert.Equal(ForbiddenAddresses.All.Count, server.Asked.Count);
        trap.AssertUntouched();
    }

    /// <summary>Every other answer of the name server is forbidden; what was judged is what is dialled, and each connection is judged anew.</summary>
    [Theory, MemberData(nameof(DriversOfDrivers))]
    public async Task Name_server_that_flips_its_answer_gains_nothing_in_a_thousand_tries(string driver)
    {
        using var trap = new DialTrap(only: IPAddress.Loopback);
        var allowed = IPAddress.Parse("127.0.0.9");
        var asked = 0;
        await using var connectors = new ReachingConnectors("127.0.0.9/32", (_, _) => Task.FromResult<IReadOnlyList<IPAddress>>([asked++ % 2 == 0 ? allowed : IPAddress.Loopback]));
        var connector = connectors.Of(driver);
        for (var i = 0; i < 1000; i++)
        {
            // nobody listens at the allowed address, and the trap at the forbidden one
            var failure = await ReadOutcome.FailureAsync(connector, ReachingConnectors.To(driver, ReachingConnectors.Name, trap.Port), ReachingConnectors.Request(driver), Ct);
            Assert.Equal(i % 2 == 0 ? "errors.connection.refused" : Denied, failure.MessageKey);
        }

        Assert.Equal(1000, asked);
        Assert.Equal(["127.0.0.9"], trap.Dialled.Distinct(StringComparer.Ordinal));
        Assert.False(trap.IsReached);
    }

    /// <summary>Not a port scanner: a forbidden port that somebody listens on and one where nobody does are answered alike and equally soon.</summary>
    [Theory, MemberData(nameof(Drivers))]
    public async Task Answers_tell_nothing_of_a_forbidden_port(string driver)
    {
        using var open = new DialTrap();
        using var closed = new DialTrap(listens: false);
        await using var connectors = new ReachingConnectors("");
        const int Pairs = 300;
        var later = 0;
        for (var i = 0; i < Pairs; i++)
        {
            // Each in turn comes first, and of each pair only who was sooner counts: whatever else the machine does falls on either as often.
            var (first, second) = i % 2 == 0 ? (open.Port, closed.Port) : (closed.Port, open.Port);
            var (one, other) = (await TimedAsync(first), await TimedAsync(second));
            Assert.Equal(one.Said, other.Said);
            if (other.Took > one.Took == (i % 2 == 0)) later++;
        }

        open.AssertUntouched();
        closed.AssertUntouched();

        // alike, 300 throws of a coin: five of their deviations
        Assert.InRange(later, (Pairs / 2) - 43, (Pairs / 2) + 43);

        async Task<(string Said, TimeSpan Took)> TimedAsync(int port)
        {
            var clock = Stopwatch.StartNew();
            var outcomes = await connectors.TryAsync(driver, "127.0.0.1", port, Ct);
            var took = clock.Elapsed;
            return (string.Join('\n', outcomes.Select(o => $"{o.Way} {o.Failure!.MessageKey} {o.Failure.Kind} {string.Join(',', o.Failure.Params!.Where(p => p.Key is not ("port" or "host")))}")), took);
        }
    }

    /// <summary>Refused for its address, or because a database's host may not be written so at all.</summary>
    private static void AssertDenied(string address, IReadOnlyList<(string Way, SyncFailure? Failure)> outcomes)
        => Assert.All(outcomes, o => Assert.True(o.Failure?.MessageKey is Denied or "errors.connection.parameters" or "errors.connection.odbc_unguarded", $"{o.Way} {address}: {o.Failure?.MessageKey ?? "nothing"}"));
}
