using System.Text.Json;
using DataSync.Pipeline.Failures;

namespace DataSync.IntegrationTests.Extract.Api;

/// <summary>A preview tells what an incremental sync would make of the cursor, before the first one runs.</summary>
public sealed class ApiPreviewTests
{
    [Theory]
    [InlineData("""[{"at":"9"},{"at":"10"},{"at":7}]""", "", "number", "\"10\"", 3, 0, 0)]
    [InlineData("""[{"at":1764244212},{"at":null},{}]""", "", "number", "1764244212", 1, 0, 2)]
    [InlineData("""[{"at":"2026-01-30T08:00:00+02:00"},{"at":"Fri, 30 Jan 2026 06:30:00 GMT"}]""", "", "time", "\"Fri, 30 Jan 2026 06:30:00 GMT\"", 2, 0, 0)]
    [InlineData("""[{"at":"2026-01-30 08:00:00"},{"at":"2026-01-30 09:00:00Z"}]""", "", "time_without_offset", "\"2026-01-30 08:00:00\"", 1, 1, 0)]
    [InlineData("""[{"at":"2026-01-30"}]""", "", "date", "\"2026-01-30\"", 1, 0, 0)]
    [InlineData("""[{"at":"v9"},{"at":"v10"}]""", "", "unordered", "null", 0, 2, 0)]
    [InlineData("""[{"at":"v9"},{"at":"v10"}]""", ""","cursor_order":"text" """, "text", "\"v9\"", 2, 0, 0)]
    [InlineData("""[{"id":1}]""", "", null, "null", 0, 0, 1)]
    public async Task Preview_tells_what_the_cursor_is(string body, string more, string? kind, string greatest, int ordered, int unordered, int without)
    {
        await using var server = await ApiServer.JsonAsync(_ => body);
        var cursor = (await UnderstoodAsync(server.Url, $$$"""{"path":"/x","cursor_field":"at","cursor_param":"since"{{{more}}}}""")).GetProperty("cursor");
        Assert.Equal(
            ("at", "since", kind, greatest, ordered, unordered, without),
            (cursor.GetProperty("field").GetString(), cursor.GetProperty("param").GetString(), cursor.GetProperty("kind").GetString(), cursor.GetProperty("greatest").GetRawText(),
                cursor.GetProperty("ordered").GetInt32(), cursor.GetProperty("unordered").GetInt32(), cursor.GetProperty("without_value").GetInt32()));
    }

    [Fact]
    public async Task Preview_without_a_cursor_tells_nothing_of_one()
    {
        await using var server = await ApiServer.JsonAsync(_ => "[1]");
        Assert.False((await UnderstoodAsync(server.Url, """{"path":"/x"}""")).TryGetProperty("cursor", out _));
    }

    [Fact]
    public async Task Preview_of_lines_whose_pages_stand_in_an_envelope_says_that_there_is_none()
    {
        await using var server = await ApiServer.StartAsync(c => ApiServer.WriteAsync(c, "id\n1\n", "text/csv"));
        var failure = (await Assert.ThrowsAsync<SyncFailureException>(() => UnderstoodAsync(server.Url, """{"path":"/x","pagination":{"type":"cursor","path":"next"}}"""))).Failure;
        Assert.Equal(("errors.api.no_envelope", "csv"), (failure.MessageKey, failure.Params!["format"]));
    }

    private static async Task<JsonElement> UnderstoodAsync(Uri url, string extraction)
    {
        using var connector = ApiSource.Connector();
        var preview = await connector.PreviewAsync(ApiSource.Connection(url), ApiSource.Request(extraction), TestContext.Current.CancellationToken);
        foreach (var batch in preview.Records) batch.Dispose();
        return preview.Understood;
    }
}
