using System.Globalization;

namespace DataSync.IntegrationTests.Extract.Api;

/// <summary>Pages are the API's, whatever the source's expression picks of them: one of which nothing is picked is not the last, and offsets count what was listed.</summary>
public sealed class ApiPickedPagesTests
{
    private const int Orders = 23, PageSize = 5;

    /// <summary>Open orders on the first and the last page alone; each order has two lines, the ninth has none.</summary>
    private static Task<ApiServer> ServerAsync() => ApiServer.JsonAsync(c =>
    {
        var query = c.Request.Query;
        var start = query.TryGetValue("page", out var page) ? (int.Parse(page.ToString(), CultureInfo.InvariantCulture) - 1) * PageSize : int.Parse(query["offset"].ToString(), CultureInfo.InvariantCulture);
        var orders = Enumerable.Range(start, Math.Max(0, Math.Min(PageSize, Orders - start))).Select(i =>
            $$"""{"id":{{i}},"open":{{(i is < 2 or > 21 ? "true" : "false")}},"note":{{(i is 3 or 22 ? "\"n\"" : "null")}},"lines":[{{(i == 9 ? "" : $$"""{"l":{{2 * i}}},{"l":{{(2 * i) + 1}}}""")}}]}""");
        return $$"""{"items":[{{string.Join(',', orders)}}]}""";
    });

    [Theory]
    [InlineData("items[?open].id", new[] { 0, 1, 22 })]
    [InlineData("items[?open] | [*].id", new[] { 0, 1, 22 })]
    [InlineData("sort_by(items[?open], &id)[*].id", new[] { 0, 1, 22 })]
    [InlineData("items[?note].id", new[] { 3, 22 })]
    [InlineData("items[?note].id || `[]`", new[] { 3, 22 })]
    [InlineData("items && items[?note].id", new[] { 3, 22 })]
    [InlineData("items[1:3].id", new[] { 1, 2, 6, 7, 11, 12, 16, 17, 21, 22 })]
    public async Task Read_a_page_of_which_nothing_is_picked_is_not_the_last(string path, int[] expected)
    {
        await using var server = await ServerAsync();
        foreach (var type in (string[])["page", "offset"])
        {
            var outcome = await ApiSource.ReadAsync(server.Url, $$$"""{"path":"/x","records_path":"{{{path}}}","pagination":{"type":"{{{type}}}"}}""");
            Assert.Equal(expected.Select(i => i.ToString(CultureInfo.InvariantCulture)), outcome.Documents);
        }
    }

    [Theory]
    [InlineData("items[].lines[].l"), InlineData("items[*].lines[].l"), InlineData("items[?id >= `0`].lines[].l")]
    public async Task Read_offsets_count_what_the_api_lists(string path)
    {
        await using var server = await ServerAsync();
        foreach (var type in (string[])["page", "offset"])
        {
            var outcome = await ApiSource.ReadAsync(server.Url, $$$"""{"path":"/x","records_path":"{{{path}}}","pagination":{"type":"{{{type}}}"}}""");
            Assert.Equal(Enumerable.Range(0, 2 * Orders).Where(l => l / 2 != 9).Select(l => l.ToString(CultureInfo.InvariantCulture)), outcome.Documents);
        }
    }

    [Fact]
    public async Task Read_of_pages_of_which_nothing_is_picked_and_that_come_round_ends_with_a_clear_error()
    {
        await using var server = await ApiServer.JsonAsync(_ => """{"items":[{"id":1},{"id":2}]}""");
        var failure = await ApiSource.FailureAsync(server.Url, """{"path":"/x","records_path":"items[?id > `5`]","pagination":{"type":"page"}}""");
        Assert.Equal("errors.api.page_repeated", failure.MessageKey);
        Assert.InRange(server.Asked.Count, 3, 5);
    }

    [Theory]
    [InlineData("true", 2), InlineData("\"true\"", 2), InlineData("\"True\"", 2), InlineData("17", 2), InlineData("false", 1), InlineData("\"false\"", 1), InlineData("0", 1), InlineData("null", 1)]
    public async Task Read_there_is_more_where_the_api_says_so_in_any_form(string more, int pages)
    {
        await using var server = await ApiServer.JsonAsync(c => c.Request.Query["cursor"] == "a" ? """{"items":[2],"more":false,"next":"b"}""" : $$"""{"items":[1],"more":{{more}},"next":"a"}""");
        var outcome = await ApiSource.ReadAsync(server.Url, """{"path":"/x","records_path":"items","pagination":{"type":"cursor","path":"next","has_more_path":"more"}}""");
        Assert.Equal(pages, outcome.Documents.Count);
    }

    [Theory]
    [InlineData(""" "path":"nxt" """), InlineData(""" "header":"X-Next" """)]
    public async Task Read_more_to_come_without_a_cursor_does_not_pass_for_the_end(string place)
    {
        await using var server = await ApiServer.JsonAsync(_ => """{"items":[1],"more":true,"next":"a"}""");
        var failure = await ApiSource.FailureAsync(server.Url, $$$"""{"path":"/x","records_path":"items","pagination":{"type":"cursor",{{{place}}},"has_more_path":"more"}}""");
        Assert.Equal(("errors.api.no_cursor", 1), (failure.MessageKey, server.Asked.Count));
    }
}
