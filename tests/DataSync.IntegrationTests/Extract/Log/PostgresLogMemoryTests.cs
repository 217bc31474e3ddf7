using System.Text;
using System.Text.Json;
using DataSync.Pipeline.Connectors;

namespace DataSync.IntegrationTests.Extract.Log;

/// <summary>Memory does not grow with a transaction. Looks at the whole process.</summary>
[Collection(nameof(NothingBeside))]
public sealed class PostgresLogMemoryTests
{
    private const int Rows = 300_000;
    private const long Most = 48 * 1024 * 1024;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Transaction_of_any_size_takes_as_much_memory_as_a_small_one()
    {
        await using var table = await FollowedTable.CreateAsync("id bigint PRIMARY KEY, name text", Ct);
        await table.SyncAsync(Ct);
        await table.ExecuteAsync($"INSERT INTO followed SELECT i, repeat('x', 500) FROM generate_series(1, {Rows}) i", Ct);
        var request = new ReadRequest { Table = "followed" };
        var last = table.Sync.State!.Data.GetProperty("next");
        var plan = await table.Connector.PlanAsync(table.Connection, request, await table.Connector.OfferAsync(table.Connection, request, Ct), last, Ct);
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var (records, bytes, peak) = (0L, 0L, 0L);
        await foreach (var batch in table.Connector.ReadChangesAsync(table.Connection, request, plan, Ct))
        {
            records += batch.Count;
            bytes += batch.Raw.Length;
            batch.Dispose();
            if (records % 20_000 < 1000) peak = Math.Max(peak, GC.GetTotalMemory(forceFullCollection: true) - before);
        }

        Assert.Equal(Rows, records);
        Assert.True(bytes > 3 * Most && peak < Most, $"{peak:N0} bytes of memory for {bytes:N0} bytes of changes");
    }

    /// <summary>What is refused is kept as JSON: a member behind the one that is wrong is written like any other.</summary>
    [Fact]
    public async Task Change_with_a_value_beyond_the_bound_is_refused_as_whole_json_with_what_stands_behind_it()
    {
        await using var table = await FollowedTable.CreateAsync("id bigint PRIMARY KEY, large text, small text, last bigint", Ct);
        await table.SyncAsync(Ct);
        await table.ExecuteAsync("INSERT INTO followed VALUES (1, repeat('x', 70 * 1024 * 1024), 'behind', 7)", Ct);
        var request = new ReadRequest { Table = "followed" };
        var plan = await table.Connector.PlanAsync(table.Connection, request, await table.Connector.OfferAsync(table.Connection, request, Ct), table.Sync.State!.Data.GetProperty("next"), Ct);
        List<string> refused = [];
        await foreach (var batch in table.Connector.ReadChangesAsync(table.Connection, request, plan, Ct))
        {
            using (batch)
            {
                for (var i = 0; i < batch.Count; i++)
                {
                    Assert.True(batch.IsRejected(i));
                    refused.Add(Encoding.UTF8.GetString(batch.Raw[i]));
                }
            }
        }

        var record = JsonElement.Parse(Assert.Single(refused));
        Assert.Equal((1L, "behind", 7L), (record.GetProperty("id").GetInt64(), record.GetProperty("small").GetString(), record.GetProperty("last").GetInt64()));
    }
}
