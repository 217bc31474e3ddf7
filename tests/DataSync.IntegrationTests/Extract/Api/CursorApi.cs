using System.Globalization;
using System.Text.Json;
using DataSync.Extract.Connectors.Api;
using DataSync.Pipeline.Connectors;

namespace DataSync.IntegrationTests.Extract.Api;

/// <summary>
/// An API whose records have cursors written in any way. It knows itself which is later, by a number that it does not show, and when asked for changes since a cursor it
/// understands only one that it has given out. It lists in an order that means nothing.
/// </summary>
internal sealed class CursorApi : IAsyncDisposable
{
    private const int PageSize = 4;
    private readonly Lock _gate = new();
    private readonly List<(long Key, string Record, string Line)> _records = [];
    private readonly Dictionary<string, long> _given = new(StringComparer.Ordinal);
    private bool _csv;
    private int _id;

    private CursorApi() => Connector = ApiSource.Connector(api: o => (o.ResponseTimeoutSeconds, o.StallTimeoutSeconds) = (60, 60));

    public ApiConnector Connector { get; }

    public ApiServer Server { get; private set; } = null!;

    public SourceConnection Connection => ApiSource.Connection(Server.Url);

    public IEnumerable<string> Records => _records.Select(r => r.Record);

    public static async Task<CursorApi> StartAsync()
    {
        var api = new CursorApi();
        api.Server = await ApiServer.StartAsync(c =>
        {
            var (since, page) = (c.Request.Query["since"].ToString(), int.Parse(c.Request.Query["page"].ToString(), CultureInfo.InvariantCulture));
            return api.Answer(since, page) is { } body ? ApiServer.WriteAsync(c, body, api._csv ? "text/csv" : "application/json") : Refuse(c);
        });
        return api;

        static Task Refuse(Microsoft.AspNetCore.Http.HttpContext context)
        {
            context.Response.StatusCode = 400;
            return Task.CompletedTask;
        }
    }

    /// <summary><c>extraction_params</c>: what changed is asked for, or all is fetched and what is old left out.</summary>
    public static string Extraction(bool asks, string more = "")
        => $$$"""{"path":"/x","cursor_field":"at"{{{(asks ? ",\"cursor_param\":\"since\"" : "")}}},"pagination":{"type":"page"}{{{more}}}}""";

    /// <summary>Begins with no records.</summary>
    public void Begin(bool csv)
    {
        _records.Clear();
        _given.Clear();
        _csv = csv;
    }

    /// <summary>Adds a record; as a sync should deliver it.</summary>
    /// <param name="cursor">As JSON.</param>
    /// <param name="key">Which is later.</param>
    public string Add(string cursor, long key)
    {
        lock (_gate)
        {
            _id++;
            var text = JsonElement.Parse(cursor).ToString();
            _given[text] = key;
            var record = _csv ? $$"""{"id":"{{_id}}","at":"{{text}}"}""" : $$"""{"id":{{_id}},"at":{{cursor}}}""";
            _records.Add((key, record, _csv ? $"{_id},\"{text}\"\n" : record));
            return record;
        }
    }

    public async ValueTask DisposeAsync()
    {
        Connector.Dispose();
        await Server.DisposeAsync();
    }

    private string? Answer(string since, int page)
    {
        lock (_gate)
        {
            var least = long.MinValue;
            if (since.Length > 0 && !_given.TryGetValue(since, out least)) return null;
            var lines = _records.Where(r => r.Key >= least).Select((r, i) => (r.Line, Place: i * 7919 % 101, i)).OrderBy(r => r.Place).ThenBy(r => r.i)
                .Skip((page - 1) * PageSize).Take(PageSize).Select(r => r.Line);
            return _csv ? "id,at\n" + string.Concat(lines) : $"[{string.Join(',', lines)}]";
        }
    }
}
