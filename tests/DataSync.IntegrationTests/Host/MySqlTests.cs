using System.Net;
using System.Text.Json;
using DataSync.IntegrationTests.Extract;

namespace DataSync.IntegrationTests.Host;

/// <summary>The whole way from a MySQL server: registered, tested, read by a worker, exported, and then what changed.</summary>
[Collection(nameof(WholeSystem))]
public sealed class MySqlTests(EndToEndTests.System system) : IAsyncLifetime
{
    private const int Rows = 3000;
    private MySqlSource _source = null!;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _source = await MySqlSource.CreateAsync(Ct);
        var rows = Enumerable.Range(1, Rows).Select(i => $"({i}, {(i % 3 == 0 ? "NULL" : $"'名前 \"{i}\" 😀'")}, {i}.10, now(6))");
        await _source.ExecuteAsync(
            $"CREATE TABLE orders (id bigint PRIMARY KEY, name text, price decimal(30,2), updated timestamp(6) NOT NULL, INDEX (updated)); INSERT INTO orders VALUES {string.Join(',', rows)}", Ct);
    }

    public ValueTask DisposeAsync() => _source.DisposeAsync();

    [Fact]
    public async Task Table_becomes_files_that_hold_every_row_and_then_what_changed()
    {
        using var client = system.Running.Client("mysql");
        var made = await client.PostAsync("api/sources", new
        {
            source_id = "orders",
            source_name = "orders",
            source_type = "database",
            connection_params = _source.Connection.ConnectionParams,
            extraction_params = new { table = "orders", cursor_field = "updated" },
        }, HttpStatusCode.Created, Ct);
        Assert.Equal("***", made.GetProperty("connection_params").GetProperty("password").GetString());
        var tested = await client.PostAsync("api/sources/orders/test", new { }, HttpStatusCode.OK, Ct);
        Assert.All(tested.GetProperty("checks").EnumerateArray(), c => Assert.True(c.GetProperty("outcome").GetString() != "failed", tested.GetRawText()));

        Assert.Equal(await ExpectedAsync("TRUE ORDER BY id"), await SyncAsync(client, "full"));
        var all = await ExpectedAsync("TRUE");
        Assert.Equal(all.Order(StringComparer.Ordinal), (await SyncAsync(client, "incremental")).Order(StringComparer.Ordinal));
        Assert.Empty(await SyncAsync(client, "incremental"));
        await _source.ExecuteAsync($"UPDATE orders SET name = 'changed', updated = now(6) WHERE id IN (7, 8); INSERT INTO orders VALUES ({Rows + 1}, NULL, 0, now(6)); DELETE FROM orders WHERE id = 9", Ct);
        Assert.Equal(await ExpectedAsync($"id IN (7, 8, {Rows + 1}) ORDER BY id"), (await SyncAsync(client, "incremental")).OrderBy(l => JsonElement.Parse(l).GetProperty("id").GetInt32()));
        Assert.Empty(await SyncAsync(client, "incremental"));
        Assert.All(system.Running.Processes, p => Assert.DoesNotContain(_source.Password, p.Log, StringComparison.Ordinal));
    }

    private static async Task<string[]> SyncAsync(HttpClient client, string type)
    {
        var job = await client.EndAsync(await client.StartAsync(new { source_id = "orders", sync_type = type, output_format = "jsonl" }, Ct), Ct, seconds: 180);
        Assert.True(job.GetProperty("status").GetString() == "completed", job.GetRawText());
        var lines = (await client.ExportAsync(job.GetProperty("job_id").GetGuid(), "data.jsonl", Ct)).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(lines.Length, job.GetProperty("record_count").GetInt32());
        return lines;
    }

    /// <summary>Rows as JSON Lines, worked out by other means than the product's: from the text of the server's own client.</summary>
    private async Task<List<string>> ExpectedAsync(string condition)
    {
        var text = await _source.ExecuteAsync($"SET time_zone = '+00:00'; SELECT id, name, price, date_format(updated, '%Y-%m-%dT%H:%i:%s'), microsecond(updated) FROM orders WHERE {condition}", Ct);
        return
        [
            .. text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => l.Split('\t')).Select(c =>
                $$"""{"id":{{c[0]}},"name":{{(c[1] == "NULL" ? "null" : JsonString(c[1]))}},"price":{{c[2]}},"updated":"{{c[3]}}{{(c[4] == "0" ? "" : "." + c[4].PadLeft(6, '0').TrimEnd('0'))}}Z"}"""),
        ];
    }

    private static string JsonString(string text) => '"' + text.Replace("\"", "\\\"", StringComparison.Ordinal) + '"';
}
