using System.Text.Json;
using DataSync.Faults.Tenants;

namespace DataSync.IntegrationTests.Host;

/// <summary>A short seed of <c>./dev bench isolation</c>: requests of tenants whose things bear the same names, mixed over the API's shared pools.</summary>
[Collection(nameof(WholeSystem))]
public sealed class MixedTenantsTests(EndToEndTests.System system)
{
    private const int Requests = 2000, Connections = 16;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Requests_of_tenants_mixed_over_shared_pools_never_show_another_tenants_rows()
    {
        using var handler = new SocketsHttpHandler { UseProxy = false };
        var connection = JsonSerializer.SerializeToNode(system.Running.Source("any", new { table = "things" }))!["connection_params"]!.AsObject();
        List<MarkedTenant> tenants = [.. Enumerable.Range(1, 12).Select(i => new MarkedTenant($"mixed{i}", 20 + i, system.Running.Address, RunningSystem.Token($"mixed{i}", "sources.write sync.read sync.write operator"), handler))];
        try
        {
            await Task.WhenAll(tenants.Select(t => t.PrepareAsync(connection, Ct)));
            var traffic = new MixedTraffic(tenants, connection);
            await traffic.RunAsync(Requests, Connections, seed: Random.Shared.Next(), Ct);
            Assert.Empty(traffic.Faults);
            Assert.Equal(Requests, traffic.Answered.Values.Sum() + traffic.BrokenOff);
            Assert.Equal(MixedTraffic.Kinds, traffic.Answered.Count);
            await using var stored = system.Running.Database.Superuser.CreateCommand("SELECT count(*) FILTER (WHERE raw_data::text NOT LIKE '%mark-' || tenant_id || '-%'), count(*) FROM sync_data WHERE tenant_id LIKE 'mixed%'");
            await using var rows = await stored.ExecuteReaderAsync(Ct);
            await rows.ReadAsync(Ct);
            Assert.Equal((0L, tenants.Sum(t => (2L * t.Size) - 1)), (rows.GetInt64(0), rows.GetInt64(1)));
        }
        finally
        {
            tenants.ForEach(t => t.Dispose());
        }
    }

    [Theory]
    [InlineData("mark-t1-1", true, null)]
    [InlineData("nothing", false, null)]
    [InlineData("""{"a":"mark-t1-","b":"mark-t12-7"}""", true, "mark-t12-7\"}")]
    public void Marks_of_others_are_found_beside_ones_own(string text, bool own, string? foreign)
    {
        using var handler = new SocketsHttpHandler();
        using var tenant = new MarkedTenant("t1", 1, system.Running.Address, "none", handler);
        Assert.Equal((own, foreign), tenant.MarksIn(System.Text.Encoding.UTF8.GetBytes(text)));
    }
}
