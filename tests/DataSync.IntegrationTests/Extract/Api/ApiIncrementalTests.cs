using System.Globalization;
using System.Text.Json.Nodes;
using DataSync.Extract.Connectors.Api;
using DataSync.IntegrationTests.Extract.Incremental;
using DataSync.Pipeline.Connectors;
using Microsoft.Data.Sqlite;

namespace DataSync.IntegrationTests.Extract.Api;

/// <summary>The contract over HTTP: the table stands behind an API that lists it page by page, in no order that means anything, from a value on where it is asked to.</summary>
public sealed class ApiIncrementalTests : IncrementalContract, IAsyncLifetime
{
    private const int PageSize = 7;
    private readonly ApiConnector _connector = ApiSource.Connector(api: o => (o.ResponseTimeoutSeconds, o.StallTimeoutSeconds) = (60, 60));
    private readonly SqliteConnection _table = new("Data Source=:memory:");
    private readonly Lock _gate = new();
    private ApiServer _server = null!;

    internal override IConnector Connector => _connector;

    internal override SourceConnection Connection => ApiSource.Connection(_server.Url);

    public async ValueTask InitializeAsync()
    {
        _table.Open();
        _server = await ApiServer.JsonAsync(context =>
        {
            var query = context.Request.Query;
            return Page(query["since"].ToString(), int.Parse(query["page"].ToString(), CultureInfo.InvariantCulture));
        });
    }

    public async ValueTask DisposeAsync()
    {
        _connector.Dispose();
        await _server.DisposeAsync();
        await _table.DisposeAsync();
    }

    /// <summary>The same source said in the words of an API: a table is one path, a query another.</summary>
    protected override string Given(string parameters)
    {
        var given = JsonNode.Parse(parameters)!.AsObject();
        var path = given.ContainsKey("table") ? "/table" : "/query";
        foreach (var name in (string[])["table", "query", "change_tracking"]) given.Remove(name);
        (given["path"], given["records_path"], given["cursor_param"]) = (path, "items", "since");
        given["pagination"] = new JsonObject { ["type"] = "page" };
        return given.ToJsonString();
    }

    protected override Task MakeTableAsync() => ExecuteAsync("DROP TABLE IF EXISTS changes; CREATE TABLE changes (id INTEGER PRIMARY KEY, version INTEGER, name TEXT)");

    protected override Task ExecuteAsync(string sql)
    {
        lock (_gate)
        {
            using var command = _table.CreateCommand();
            command.CommandText = sql;
            command.ExecuteNonQuery();
        }

        return Task.CompletedTask;
    }

    private string Page(string since, int page)
    {
        lock (_gate)
        {
            using var command = _table.CreateCommand();
            command.CommandText = "SELECT json_object('id', id, 'version', version, 'name', name) FROM changes WHERE $since = '' OR version IS NULL OR version >= CAST($since AS INTEGER) ORDER BY (id * 7919) % 101, id LIMIT $size OFFSET $skip";
            command.Parameters.AddWithValue("$since", since);
            command.Parameters.AddWithValue("$size", PageSize);
            command.Parameters.AddWithValue("$skip", (page - 1) * PageSize);
            using var rows = command.ExecuteReader();
            List<string> items = [];
            while (rows.Read()) items.Add(rows.GetString(0));
            return $$"""{"items":[{{string.Join(',', items)}}]}""";
        }
    }
}
