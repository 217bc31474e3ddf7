using System.Globalization;

namespace DataSync.IntegrationTests.Extract.Api;

/// <summary>Pages that are counted have no names: what tells a circle of them is what they hold, whatever the format and whatever stands around the records.</summary>
public sealed class ApiCycleTests
{
    public static TheoryData<string, string> Formats => new()
    {
        { "json", "page" }, { "csv", "page" }, { "jsonl", "page" }, { "json", "offset" }, { "csv", "offset" }, { "jsonl", "offset" },
    };

    [Theory, MemberData(nameof(Formats))]
    public async Task Read_of_many_pages_goes_to_the_end_in_every_format(string format, string type)
    {
        await using var server = await ApiServer.StartAsync(c =>
        {
            var at = int.Parse(c.Request.Query[type].ToString(), CultureInfo.InvariantCulture);
            int[] ids = (type == "page" ? at - 1 : at / 2) is var page and < 6 ? [page * 2, (page * 2) + 1] : [];
            return format switch
            {
                "csv" => ApiServer.WriteAsync(c, "id\n" + string.Concat(ids.Select(i => $"{i}\n")), "text/csv"),
                "jsonl" => ApiServer.WriteAsync(c, string.Concat(ids.Select(i => $"{{\"id\":\"{i}\"}}\n")), "application/x-ndjson"),
                _ => ApiServer.WriteAsync(c, $"[{string.Join(',', ids.Select(i => $"{{\"id\":\"{i}\"}}"))}]"),
            };
        });
        var outcome = await ApiSource.ReadAsync(server.Url, $$$"""{"path":"/x","pagination":{"type":"{{{type}}}"}}""");
        Assert.Equal(Enumerable.Range(0, 12).Select(i => $$"""{"id":"{{i}}"}"""), outcome.Documents);
    }

    [Theory]
    [InlineData(1, "json"), InlineData(2, "json"), InlineData(3, "jsonl"), InlineData(7, "csv"), InlineData(2, "csv"), InlineData(1, "jsonl")]
    public async Task Read_of_pages_that_come_round_ends_with_a_clear_error_whatever_the_envelope_says(int period, string format)
    {
        var asked = 0;
        await using var server = await ApiServer.StartAsync(c =>
        {
            var page = Interlocked.Increment(ref asked) % period;
            var ids = Enumerable.Range(page * 10, 10);
            return format switch
            {
                "csv" => ApiServer.WriteAsync(c, "id\n" + string.Concat(ids.Select(i => $"{i}\n")), "text/csv"),
                "jsonl" => ApiServer.WriteAsync(c, new string('\n', asked) + string.Concat(ids.Select(i => $"{{\"id\":{i}}}\n")), "application/x-ndjson"),
                _ => ApiServer.WriteAsync(c, $$"""{"now":{{asked}},"items":[{{string.Join(',', ids.Select(i => $"{{\"id\":{i}}}"))}}]}"""),
            };
        });
        var records = format == "json" ? ",\"records_path\":\"items\"" : "";
        var failure = await ApiSource.FailureAsync(server.Url, $$$"""{"path":"/x"{{{records}}},"pagination":{"type":"page"}}""");
        Assert.Equal("errors.api.page_repeated", failure.MessageKey);
        Assert.InRange(server.Asked.Count, period + 2, period + 6);
    }

    [Fact]
    public async Task Read_of_small_pages_that_are_equal_by_chance_is_not_refused()
    {
        await using var server = await ApiServer.JsonAsync(c => int.Parse(c.Request.Query["page"].ToString(), CultureInfo.InvariantCulture) is var page && page > 15 ? "[]" : $$"""[{"open":{{(page % 3 == 0 ? "true" : "false")}}}]""");
        Assert.Equal(15, (await ApiSource.ReadAsync(server.Url, """{"path":"/x","pagination":{"type":"page"}}""")).Documents.Count);
    }

    [Theory]
    [InlineData("""{"type":"cursor","path":"next"}"""), InlineData("""{"type":"next_url","path":"next"}""")]
    public async Task Read_of_a_body_without_an_envelope_does_not_pass_for_the_last_page(string pagination)
    {
        foreach (var (type, body) in ((string, string)[])[("text/csv", "id\n1\n"), ("application/x-ndjson", "{\"id\":1}\n")])
        {
            await using var server = await ApiServer.StartAsync(c => ApiServer.WriteAsync(c, body, type));
            var failure = await ApiSource.FailureAsync(server.Url, $$"""{"path":"/x","pagination":{{pagination}}}""");
            Assert.Equal(("errors.api.no_envelope", 1), (failure.MessageKey, server.Asked.Count));
        }
    }
}
