using System.Text.Json;
using System.Text.Json.Nodes;
using DataSync.Extract.Connectors.Postgres;
using DataSync.IntegrationTests.Extract.Incremental;
using DataSync.Pipeline.Connectors;
using DataSync.Pipeline.Incremental;

namespace DataSync.IntegrationTests.Extract.Log;

/// <summary>A table of a tenant's database whose changes are followed, and what whoever gets the changes makes of them: a copy of the table.</summary>
internal sealed class FollowedTable : IAsyncDisposable
{
    private readonly SortedDictionary<string, string> _copy = new(StringComparer.Ordinal);
    private readonly HashSet<string> _positions = new(StringComparer.Ordinal);
    private string _last = "";

    private FollowedTable(PostgresSource source, string parameters)
    {
        Source = source;
        Connection = new SourceConnection(source.Connection.Driver, source.Connection.ConnectionParams, "owner") { TenantId = "t", SourceId = $"s-{Guid.CreateVersion7():n}" };
        Sync = new IncrementalSource(Connector, Connection, parameters);
    }

    public PostgresSource Source { get; }

    public PostgresConnector Connector { get; } = PostgresSource.Connector();

    public SourceConnection Connection { get; }

    public IncrementalSource Sync { get; private set; }

    public TrackingReport Report => Sync.Tracking ?? throw new InvalidOperationException("Nothing was chosen.");

    /// <summary>The records of the copy, by key.</summary>
    public IReadOnlyDictionary<string, string> Copy => _copy;

    /// <summary>Makes the table, and what following it needs by the statements that the connector gives for it.</summary>
    public static async Task<FollowedTable> CreateAsync(string columns, CancellationToken ct, string parameters = """{"table":"followed"}""", string? more = null, bool sets = true, string? superuser = null)
    {
        var source = superuser is null ? await PostgresSource.CreateAsync(ct) : await PostgresSource.CreateAsync(superuser, ct);
        await source.ExecuteAsync($"CREATE TABLE followed ({columns}); {more}", ct);
        var table = new FollowedTable(source, parameters);
        if (sets) await table.SetUpAsync(ct);
        return table;
    }

    public async Task SetUpAsync(CancellationToken ct)
    {
        foreach (var statement in (await SetupAsync(ct)).Setup.Where(s => !s.Contains("pg_create_logical_replication_slot", StringComparison.Ordinal))) await Source.ExecuteAsync(statement, ct);
    }

    public Task<TrackingSetup> SetupAsync(CancellationToken ct) => Connector.SetupAsync(Connection, new ReadRequest { Table = "followed" }, null, ct);

    /// <summary>Has the next sync find another stored position, as after something befell the server.</summary>
    public void Remember(Action<JsonObject> change)
    {
        var state = JsonNode.Parse(Sync.State!.Data.GetRawText())!.AsObject();
        change(state["next"]!.AsObject());
        Sync = new IncrementalSource(Connector, Connection, """{"table":"followed"}""", state: Sync.State with { Data = JsonElement.Parse(state.ToJsonString()) });
    }

    public Task ExecuteAsync(string sql, CancellationToken ct) => Source.ExecuteAsync(sql, ct);

    /// <summary>One sync, whose records are laid over the copy: each of its place in the order, none twice.</summary>
    public async Task<IReadOnlyList<JsonObject>> SyncAsync(CancellationToken ct, int batchSize = 100, bool inTwoAttempts = false)
    {
        var changes = Apply(inTwoAttempts ? await Sync.SyncInTwoAttemptsAsync(batchSize, ct, mayEnd: true) : await Sync.SyncAsync(ct, batchSize));
        Assert.Equal(Report.Everything ? null : new GapReport(true, 0, false, GapBasis.Log), Sync.Gap);
        return changes;
    }

    /// <summary>The table as a full sync reads it, by key.</summary>
    public async Task<SortedDictionary<string, string>> TableAsync(CancellationToken ct, string key = "id")
    {
        var table = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var record in await Sync.FullAsync(ct)) table.Add(Key(record, key), record);
        return table;
    }

    public async ValueTask DisposeAsync()
    {
        await Connector.ReleaseAsync(Connection, null, CancellationToken.None);
        await Connector.DisposeAsync();
        await Source.DisposeAsync();
    }

    /// <summary>The record as a full sync writes it: without the member that says what happened.</summary>
    public static string Bare(string record)
    {
        var end = record.IndexOf("},", StringComparison.Ordinal);
        var reader = new Utf8JsonReader(System.Text.Encoding.UTF8.GetBytes(record));
        reader.Read();
        reader.Read();
        reader.Skip();
        Assert.True(end > 0);
        var rest = System.Text.Encoding.UTF8.GetString(System.Text.Encoding.UTF8.GetBytes(record)[(int)reader.BytesConsumed..]);
        return rest[0] == ',' ? "{" + rest[1..] : "{" + rest;
    }

    private List<JsonObject> Apply(List<string> records)
    {
        List<JsonObject> changes = [];
        foreach (var record in records)
        {
            var change = JsonNode.Parse(record)!["_change"]!.AsObject();
            var (operation, position) = ((string)change["operation"]!, (string)change["position"]!);
            Assert.Equal(33 - 8, position.Length);
            if (operation == "read")
            {
                if (changes.Count == 0) _copy.Clear();
            }
            else
            {
                Assert.True(string.CompareOrdinal(position, _last) > 0, $"{position} comes behind {_last}");
                Assert.True(_positions.Add(position), "twice");
            }

            _last = position;
            var key = change["key"]!.ToJsonString();
            switch (operation)
            {
                case "read" or "insert": Assert.True(_copy.TryAdd(key, Bare(record)), $"{key} is there already"); break;
                case "update": Assert.True(_copy.ContainsKey(key), $"{key} is not there"); _copy[key] = Merged(_copy[key], record, change); break;
                case "delete": Assert.True(_copy.Remove(key), $"{key} is not there"); break;
                case "truncate": _copy.Clear(); break;
                default: throw new InvalidOperationException(operation);
            }

            changes.Add(change);
        }

        return changes;
    }

    /// <summary>What the update left as it was stays as it was.</summary>
    private static string Merged(string before, string record, JsonObject change)
    {
        if (change["unchanged"] is not JsonArray unchanged) return Bare(record);
        var (old, now) = (JsonNode.Parse(before)!.AsObject(), JsonNode.Parse(Bare(record))!.AsObject());
        foreach (var name in unchanged.Select(n => (string)n!)) Assert.False(now.ContainsKey(name));
        var merged = new JsonObject();
        foreach (var (name, value) in old) merged[name] = (now.ContainsKey(name) ? now[name] : value)?.DeepClone();
        return merged.ToJsonString(new JsonSerializerOptions { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
    }

    private static string Key(string record, string columns)
    {
        var row = JsonNode.Parse(record)!.AsObject();
        var key = new JsonObject();
        foreach (var column in columns.Split(',')) key[column] = row[column]!.DeepClone();
        return key.ToJsonString();
    }
}
