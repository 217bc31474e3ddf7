using System.Text;
using System.Text.Json;
using DataSync.Pipeline.Connectors;
using DataSync.Pipeline.Incremental;

namespace DataSync.IntegrationTests.Extract.ChangeLog;

/// <summary>Somebody who is handed a table once and then its changes, and who insists on their being right: what is inserted is new, what is updated or deleted was there, and positions only grow.</summary>
internal sealed class Follower(ITracksChanges connector, SourceConnection connection, string table)
{
    private string _position = "";

    /// <summary>An insert may meet a row of its key: what replaced it told nobody (SQLite without <c>recursive_triggers</c>).</summary>
    public bool TakesReplacing { get; init; }

    /// <summary>What the last complete sync left; null before the first.</summary>
    public JsonElement? State { get; set; }

    /// <summary>The plan of the last sync.</summary>
    public ChangePlan Plan { get; private set; } = new();

    /// <summary>The table as those who were told its changes have it: by key, each row as it came.</summary>
    public Dictionary<string, string> Rows { get; } = new(StringComparer.Ordinal);

    private ReadRequest Request => new() { Table = table, StatementTimeout = TimeSpan.FromSeconds(60) };

    public Task<TrackingOffer> OfferAsync(CancellationToken ct) => connector.OfferAsync(connection, Request, ct);

    public Task<TrackingSetup> SetupAsync(CancellationToken ct) => connector.SetupAsync(connection, Request, State, ct);

    /// <summary>Syncs, and returns each record as <c>operation key</c>; with small batches it breaks off behind each batch and goes on from its token.</summary>
    /// <param name="ct">Ends it.</param>
    /// <param name="breakingOffAfter">Records in a batch.</param>
    /// <param name="between">Done once, when it has broken off for the first time.</param>
    public async Task<List<string>> SyncAsync(CancellationToken ct, int? breakingOffAfter = null, Func<Task>? between = null)
    {
        var plan = await connector.PlanAsync(connection, Request, new TrackingOffer(TrackingMethods.ChangeLog, IsAvailable: true), State, ct);
        if (plan.Everything) Rows.Clear();
        var told = new List<string>();
        var (token, isMore, seq) = (Array.Empty<byte>(), true, 0L);
        while (isMore)
        {
            isMore = false;
            await foreach (var batch in connector.ReadChangesAsync(connection, Request with { BatchSize = breakingOffAfter ?? 1000, ResumeToken = token, FirstSeq = seq }, plan, ct))
            {
                using (batch)
                {
                    Assert.Equal(seq, batch.FirstSeq);
                    for (var i = 0; i < batch.Count; i++) told.Add(Take(Encoding.UTF8.GetString(batch.Raw[i]), plan));
                    (token, seq) = (batch.ResumeToken.ToArray(), seq + batch.Count);
                }

                if (breakingOffAfter is null || plan.Everything) continue;
                (isMore, plan) = (true, JsonSerializer.Deserialize<ChangePlan>(JsonSerializer.SerializeToUtf8Bytes(plan))!);
                break;
            }

            if (!isMore || between is null) continue;
            await between();
            between = null;
        }

        (Plan, State) = (plan, plan.Next);
        return told;
    }

    /// <summary>Every row a full sync delivers, in the bytes it has there.</summary>
    public async Task<List<string>> FullAsync(CancellationToken ct) => (await ReadOutcome.OfAsync(connector, connection, Request, ct)).Documents;

    /// <summary>What was told adds up to the table as it is.</summary>
    public async Task AssertSameAsync(CancellationToken ct) => Assert.Equal((await FullAsync(ct)).Order(StringComparer.Ordinal), Rows.Values.Order(StringComparer.Ordinal));

    private string Take(string record, ChangePlan plan)
    {
        var change = JsonElement.Parse(record).GetProperty("_change");
        Assert.Equal(["operation", "key", "position"], change.EnumerateObject().Select(m => m.Name));
        var (operation, key, position) = (change.GetProperty("operation").GetString()!, change.GetProperty("key").GetRawText(), change.GetProperty("position").GetString()!);
        var row = "{" + record[(record.IndexOf(change.GetRawText(), StringComparison.Ordinal) + change.GetRawText().Length + 1)..];
        Assert.StartsWith("{\"_change\":" + change.GetRawText() + ",", record, StringComparison.Ordinal);
        if (plan.Everything) Assert.Equal("read", operation);
        else Assert.True(string.CompareOrdinal(position, _position) > 0, $"{position} came behind {_position}.");
        Assert.True(string.CompareOrdinal(position, _position) >= 0 && position.Length == 20, $"{position} came behind {_position}.");
        _position = position;
        switch (operation)
        {
            case "read" or "insert":
                if (TakesReplacing) Rows[key] = row;
                else Assert.True(Rows.TryAdd(key, row), $"{key} is not new.");
                break;
            case "update":
                Assert.True(Rows.ContainsKey(key), $"{key} is not there.");
                Rows[key] = row;
                break;
            default:
                Assert.Equal("delete", operation);
                Assert.True(Rows.Remove(key), $"{key} is not there.");
                break;
        }

        return $"{operation} {string.Join(' ', JsonElement.Parse(key).EnumerateObject().Select(m => m.Value))}";
    }
}
