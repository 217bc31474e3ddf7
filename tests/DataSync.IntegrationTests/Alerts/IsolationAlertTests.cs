using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using DataSync.IntegrationTests.Host;

namespace DataSync.IntegrationTests.Alerts;

/// <summary>What an API and a worker that run tell the operator of the wall between tenants: that they ran into it, and that it is down.</summary>
[Collection(nameof(WholeSystem))]
public sealed class IsolationAlertTests(EndToEndTests.System system)
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Table_whose_wall_is_down_alerts_the_operator_once_and_is_over_when_it_stands_again()
    {
        using var ops = await OperatorAsync("/wall");
        await ExecuteAsync("ALTER TABLE alert_silences NO FORCE ROW LEVEL SECURITY");
        try
        {
            await WaitAsync("the alert to be told", () => Told("/wall", "wall").Count >= 1);
            for (var i = 0; i < 2; i++) await NextAsync("SELECT taken_at FROM alert_turn"); // and seen twice more
            var alert = Assert.Single(await AlertsAsync(ops, "wall"));
            Assert.Equal("alert_silences", alert.GetProperty("subject").GetString());
            Assert.Contains("alert_silences", alert.GetProperty("message").GetString(), StringComparison.Ordinal);
        }
        finally
        {
            await ExecuteAsync("ALTER TABLE alert_silences FORCE ROW LEVEL SECURITY");
        }

        await WaitAsync("its end to be told", () => Told("/wall", "wall").Count >= 2);
        Assert.Equal(["alert.opened alert_silences", "alert.over alert_silences"], Told("/wall", "wall"));
        Assert.Empty(await AlertsAsync(ops, "wall"));
    }

    [Fact]
    public async Task Process_that_was_refused_another_tenants_row_alerts_the_operator_once()
    {
        using var ops = await OperatorAsync("/isolation");
        using var client = system.Running.Client("walled", scope: "operator");

        // A fault in our own code, as far as the wall can tell: the row is another tenant's by the time it is written.
        await ExecuteAsync("""
            CREATE FUNCTION test_stray() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.tenant_id := 'somebody else'; RETURN NEW; END $$;
            CREATE TRIGGER test_stray BEFORE INSERT ON alert_rules FOR EACH ROW WHEN (NEW.tenant_id = 'walled') EXECUTE FUNCTION test_stray();
            """);
        try
        {
            foreach (var rule in (string[])["one", "two"])
            {
                using var refused = await client.PutAsJsonAsync($"api/alert-rules/{rule}", new { condition = "error_rate" }, Ct);
                Assert.False(refused.IsSuccessStatusCode);
            }
        }
        finally
        {
            await ExecuteAsync("DROP TRIGGER test_stray ON alert_rules; DROP FUNCTION test_stray()");
        }

        await WaitAsync("the alert to be told", () => Told("/isolation", "isolation").Count >= 1);
        var process = $"{Environment.MachineName}/{system.Running.Processes[0].Id}";
        for (var i = 0; i < 2; i++) await NextAsync($"SELECT max(seen_at) FROM alerts WHERE condition = 'isolation' AND subject = '{process}'"); // and said twice more
        Assert.Equal(process, Assert.Single(await AlertsAsync(ops, "isolation")).GetProperty("subject").GetString());
        Assert.Equal([$"alert.opened {process}"], Told("/isolation", "isolation"));
    }

    /// <summary>The operator's client, with a channel.</summary>
    private async Task<HttpClient> OperatorAsync(string path)
    {
        var client = system.Running.Client("operator", "sources.write sync.read sync.write operator");
        using var made = await client.PutAsJsonAsync($"api/alert-channels/{path[1..]}", new { kind = "webhook", url = system.Told.Posts.Url + path }, Ct);
        Assert.Equal(HttpStatusCode.OK, made.StatusCode);
        return client;
    }

    /// <summary>The channel's posts of a condition, as event and subject.</summary>
    private List<string> Told(string path, string condition)
        => [.. system.Told.Posts.At(path).Select(p => JsonElement.Parse(p.Body)).Where(m => m.GetProperty("data").GetProperty("condition").GetString() == condition)
            .Select(m => $"{m.GetProperty("type").GetString()} {m.GetProperty("data").GetProperty("subject").GetString()}")];

    private static async Task<List<JsonElement>> AlertsAsync(HttpClient ops, string condition)
        => [.. (await ops.GetJsonAsync("api/alerts?status=open&page_size=100", Ct)).GetProperty("items").EnumerateArray().Where(a => a.GetProperty("condition").GetString() == condition)];

    /// <summary>Waits until a time moves on.</summary>
    private async Task NextAsync(string sql)
    {
        var before = await ScalarAsync(sql);
        await RunningSystem.WaitAsync("the next look", async () => !Equals(await ScalarAsync(sql), before), Ct);
    }

    private async Task<object?> ScalarAsync(string sql)
    {
        await using var command = system.Running.Database.Superuser.CreateCommand(sql);
        return await command.ExecuteScalarAsync(Ct);
    }

    private async Task ExecuteAsync(string sql)
    {
        await using var command = system.Running.Database.Superuser.CreateCommand(sql);
        await command.ExecuteNonQueryAsync(Ct);
    }

    private static Task WaitAsync(string what, Func<bool> condition) => RunningSystem.WaitAsync(what, () => Task.FromResult(condition()), Ct);
}
