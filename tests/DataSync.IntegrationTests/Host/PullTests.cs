using System.Globalization;
using System.Net;
using System.Text.Json;
using DataSync.IntegrationTests.Extract.Api;

namespace DataSync.IntegrationTests.Host;

/// <summary>The whole way from an API: registered, tested, previewed, pulled by a worker, exported.</summary>
[Collection(nameof(WholeSystem))]
public sealed class PullTests(EndToEndTests.System system) : IAsyncLifetime
{
    private const int Records = 250, PageSize = 20;
    private const string Key = "canary-key-7734";
    private int _failures;
    private ApiServer _server = null!;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private static IEnumerable<string> Expected => Enumerable.Range(1, Records).Select(i => $$"""{"id":{{i}},"price":{{i}}.10,"big":9007199254740993}""");

    public async ValueTask InitializeAsync() => _server = await ApiServer.StartAsync(context =>
    {
        var page = int.Parse(context.Request.Query["page"].ToString(), CultureInfo.InvariantCulture);
        context.Response.StatusCode = context.Request.Headers["X-Key"] != Key ? 401 : page == 5 && Interlocked.Decrement(ref _failures) >= 0 ? 503 : 200;
        return ApiServer.WriteAsync(context, $$"""{"data":[{{string.Join(',', Expected.Skip((page - 1) * PageSize).Take(PageSize))}}]}""");
    });

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Fact]
    public async Task Api_becomes_files_that_hold_every_record_as_it_was()
    {
        using var client = system.Running.Client("pull");
        _failures = 2;
        var made = await client.PostAsync("api/sources", Source(), HttpStatusCode.Created, Ct);
        Assert.Equal(("***", "***"), (made.GetProperty("connection_params").GetProperty("auth").GetString(), made.GetProperty("connection_params").GetProperty("headers").GetString()));
        var job = await client.EndAsync(await client.StartAsync(new { source_id = "api", output_format = "jsonl" }, Ct), Ct);
        Assert.Equal(("completed", "pull", Records), (job.GetProperty("status").GetString(), job.GetProperty("source_type").GetString(), job.GetProperty("record_count").GetInt32()));
        Assert.Equal(Expected, (await client.ExportAsync(job.GetProperty("job_id").GetGuid(), "data.jsonl", Ct)).Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.All(system.Running.Processes, p => Assert.DoesNotContain(Key, p.Log, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Realtime_answers_with_the_records_of_the_api()
    {
        using var client = system.Running.Client("pull-now");
        await client.PostAsync("api/sources", Source(), HttpStatusCode.Created, Ct);
        var answer = await client.PostAsync("api/sync/start", new { source_id = "api", mode = "realtime", export_config = new { inline = true } }, HttpStatusCode.OK, Ct);
        Assert.Equal(("pull", Records), (answer.GetProperty("source_type").GetString(), answer.GetProperty("data").GetArrayLength()));
        Assert.Equal(Expected, answer.GetProperty("data").EnumerateArray().Select(r => r.GetRawText()));
    }

    [Fact]
    public async Task Preview_shows_the_first_page_and_what_was_understood()
    {
        using var client = system.Running.Client("pull-preview");
        await client.PostAsync("api/sources", Source(), HttpStatusCode.Created, Ct);
        var preview = await client.PostAsync("api/sources/api/preview", new { row_limit = 3 }, HttpStatusCode.OK, Ct);
        Assert.Equal(Expected.Take(3), preview.GetProperty("records").EnumerateArray().Select(r => r.GetRawText()));
        Assert.True(preview.GetProperty("truncated").GetBoolean());
        var understood = preview.GetProperty("understood");
        Assert.Equal(
            (200, "json", "data", PageSize, "page", "2"),
            (understood.GetProperty("status").GetInt32(), understood.GetProperty("format").GetString(), understood.GetProperty("records_path").GetString(), understood.GetProperty("records_on_page").GetInt32(),
                understood.GetProperty("pagination").GetProperty("type").GetString(), understood.GetProperty("pagination").GetProperty("next").GetString()));
        Assert.DoesNotContain(Key, preview.GetRawText(), StringComparison.Ordinal);

        var other = await client.PostAsync("api/sources/api/preview", new { extraction_params = new { path = "/x", query = new { page = 13 }, records_path = "data[*].id" } }, HttpStatusCode.OK, Ct);
        Assert.Equal(["241", "242"], other.GetProperty("records").EnumerateArray().Take(2).Select(r => r.GetRawText()));
        Assert.Equal(2, _server.Asked.Count);
    }

    [Fact]
    public async Task Source_is_refused_with_all_its_faults()
    {
        using var client = system.Running.Client("pull-faults");
        var refused = await client.PostAsync("api/sources", new
        {
            source_id = "api",
            source_type = "api",
            connection_params = new { base_url = "http://api.example.com/v1", auth = new { type = "basic", username = "u" }, headers = new { Host = "evil" }, driver = "api" },
            extraction_params = new
            {
                path = "/../x?y",
                records_path = "a[?b",
                pagination = new { type = "cursor", size = 5 },
                responses = new object[] { new { then = "explode" } },
                rate_limit = new { requests = 0 },
                table = "t",
            },
            sync = new { extraction_params = new { query = 3 } },
        }, HttpStatusCode.UnprocessableEntity, Ct);
        Assert.Equal(
            [
                "/connection_params/auth/password", "/connection_params/base_url", "/connection_params/driver", "/connection_params/headers/host",
                "/extraction_params/pagination", "/extraction_params/pagination", "/extraction_params/path", "/extraction_params/rate_limit/requests", "/extraction_params/records_path",
                "/extraction_params/responses/0", "/extraction_params/responses/0/then", "/extraction_params/table", "/sync/extraction_params/query",
            ],
            refused.GetProperty("errors").EnumerateArray().Select(e => e.GetProperty("path").GetString()!).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Stored_credentials_are_not_kept_for_another_address()
    {
        using var client = system.Running.Client("pull-moved");
        await client.PostAsync("api/sources", Source(), HttpStatusCode.Created, Ct);
        using var moved = await client.PutAsync("api/sources/api", Body(Source("***", "http://127.0.0.1:9")), Ct);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, moved.StatusCode);
        using var same = await client.PutAsync("api/sources/api", Body(Source("***")), Ct);
        Assert.Equal(HttpStatusCode.OK, same.StatusCode);
        var preview = await client.PostAsync("api/sources/api/preview", new { row_limit = 1 }, HttpStatusCode.OK, Ct);
        Assert.Equal(1, preview.GetProperty("records").GetArrayLength());
    }

    private static StringContent Body(object source) => new(JsonSerializer.Serialize(source), null, "application/json");

    private object Source(string? secret = null, string? url = null) => new
    {
        source_id = "api",
        source_name = "api",
        source_type = "api",
        connection_params = new Dictionary<string, object>(StringComparer.Ordinal)
        {
            ["base_url"] = url ?? _server.Url.AbsoluteUri.TrimEnd('/'),
            ["auth"] = secret is null ? new { type = "api_key", name = "X-Key", value = Key } : secret,
            ["headers"] = secret is null ? new Dictionary<string, string>(StringComparer.Ordinal) { ["X-More"] = "m" } : secret,
        },
        extraction_params = new { path = "/items", records_path = "data", pagination = new { type = "page" } },
    };
}
