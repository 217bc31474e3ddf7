using System.Globalization;
using Microsoft.AspNetCore.Http;

namespace DataSync.IntegrationTests.Extract.Api;

public sealed class ApiPaginationTests
{
    private int _pages;

    private const int Records = 23, PageSize = 5;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private static IEnumerable<string> Expected => Enumerable.Range(0, Records).Select(i => $$"""{"id":{{i}}}""");

    /// <summary>One API that serves the same records by every kind of pagination, told apart by the path.</summary>
    private static Task<ApiServer> ServerAsync() => ApiServer.StartAsync(context =>
    {
        var query = context.Request.Query;
        int Number(string name, int otherwise) => query.TryGetValue(name, out var value) ? int.Parse(value.ToString(), CultureInfo.InvariantCulture) : otherwise;
        var root = $"{context.Request.Scheme}://{context.Request.Host}";
        var start = context.Request.Path.Value switch
        {
            "/page" => (Number("page", 1) - 1) * PageSize,
            "/offset" => Number("offset", 0),
            _ => query.TryGetValue("after", out var after) ? int.Parse(after.ToString()[1..], CultureInfo.InvariantCulture) : 0,
        };
        var end = Math.Min(start + PageSize, Records);
        var items = string.Join(',', Expected.Skip(start).Take(PageSize));
        var hasNext = end < Records;
        var cursor = $"c{end}";
        switch (context.Request.Path.Value)
        {
            case "/cursor-header":
                if (hasNext) context.Response.Headers["X-Next"] = cursor;
                break;
            case "/link":
                context.Response.Headers.Append("Link", $"<{root}/link?after=c0>; rel=\"first\"");
                if (hasNext) context.Response.Headers.Append("Link", $"</link?after={cursor}&x=a%2Cb>; title=\"a, b\"; rel=\"last next\"");
                break;
        }

        var next = context.Request.Path.Value == "/next-url" && hasNext ? $"\"{root}/next-url?after={cursor}\"" : "null";
        return ApiServer.WriteAsync(context, $$$"""
            {"meta":{"cursor":{{{(hasNext ? $"\"{cursor}\"" : "null")}}},"more":{{{(hasNext ? "true" : "false")}}},"next":{{{next}}}},"data":{"items":[{{{items}}}]}}
            """);
    });

    public static TheoryData<string, string> Kinds => new()
    {
        { "/page", """{"type":"page"}""" },
        { "/offset", """{"type":"offset","size_param":"limit","size":5}""" },
        { "/cursor", """{"type":"cursor","param":"after","path":"meta.cursor"}""" },
        { "/cursor", """{"type":"cursor","param":"after","path":"meta.cursor","has_more_path":"meta.more"}""" },
        { "/cursor-header", """{"type":"cursor","param":"after","header":"X-Next"}""" },
        { "/next-url", """{"type":"next_url","path":"meta.next"}""" },
        { "/link", """{"type":"link"}""" },
    };

    [Theory, MemberData(nameof(Kinds))]
    public async Task Read_every_page_gives_every_record_once_in_order(string path, string pagination)
    {
        await using var server = await ServerAsync();
        var outcome = await ApiSource.ReadAsync(server.Url, Extraction(path, pagination));
        Assert.Equal(Expected, outcome.Documents);
        Assert.Equal(Enumerable.Range(0, Records).Select(i => (long)i), outcome.Seqs);
        Assert.Distinct(server.Targets);
        Assert.All(server.Targets.Where(t => path is not ("/next-url" or "/link") || !t.Contains("after", StringComparison.Ordinal)), t => Assert.Contains("lang=en", t, StringComparison.Ordinal));
    }

    [Theory, MemberData(nameof(Kinds))]
    public async Task Read_resumed_after_any_record_has_no_gap_and_no_repeat(string path, string pagination)
    {
        await using var server = await ServerAsync();
        using var connector = ApiSource.Connector();
        var connection = ApiSource.Connection(server.Url);
        for (var kept = 1; kept <= Records; kept++)
        {
            var request = ApiSource.Request(Extraction(path, pagination)) with { BatchSize = 2, RowLimit = kept };
            var first = await ReadOutcome.OfAsync(connector, connection, request, Ct);
            var second = await ReadOutcome.OfAsync(connector, connection, request with { RowLimit = null, ResumeToken = first.Token, FirstSeq = kept }, Ct);
            Assert.Equal(Expected, first.Documents.Concat(second.Documents));
        }
    }

    [Fact]
    public async Task Read_a_page_is_asked_for_again_only_where_it_was_not_handed_out_to_its_end()
    {
        await using var server = await ServerAsync();
        using var connector = ApiSource.Connector();
        var request = ApiSource.Request(Extraction("/cursor", """{"type":"cursor","param":"after","path":"meta.cursor"}"""));
        byte[] token = [];
        await foreach (var batch in connector.ReadAsync(ApiSource.Connection(server.Url), request, Ct))
        {
            using (batch) token = batch.ResumeToken.ToArray();
            if (batch.FirstSeq == PageSize) break;
        }

        server.Asked.Clear();
        var rest = await ReadOutcome.OfAsync(connector, ApiSource.Connection(server.Url), request with { ResumeToken = token, FirstSeq = 2 * PageSize }, Ct);
        Assert.Equal(Records - (2 * PageSize), rest.Documents.Count);
        Assert.Contains("after=c10", server.Targets.First(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Read_a_token_of_another_reading_is_refused()
    {
        await using var server = await ServerAsync();
        using var connector = ApiSource.Connector();
        var connection = ApiSource.Connection(server.Url);
        var token = (await ReadOutcome.OfAsync(connector, connection, ApiSource.Request(Extraction("/page", """{"type":"page"}""")) with { RowLimit = 7 }, Ct)).Token;
        var other = ApiSource.Request(Extraction("/offset", """{"type":"offset"}""")) with { ResumeToken = token };
        Assert.Equal("errors.extraction.resume_lost", (await ReadOutcome.FailureAsync(connector, connection, other, Ct)).MessageKey);
        var broken = other with { ResumeToken = "[1]"u8.ToArray() };
        Assert.Equal("errors.extraction.resume_lost", (await ReadOutcome.FailureAsync(connector, connection, broken, Ct)).MessageKey);
    }

    [Fact]
    public async Task Read_the_next_page_is_asked_for_while_this_one_is_handed_out()
    {
        await using var server = await ServerAsync();
        using var connector = ApiSource.Connector();
        await foreach (var batch in connector.ReadAsync(ApiSource.Connection(server.Url), ApiSource.Request(Extraction("/cursor", """{"type":"cursor","param":"after","path":"meta.cursor"}""")), Ct))
        {
            batch.Dispose();
            for (var i = 0; server.Asked.Count < 2 && i < 200; i++) await Task.Delay(10, Ct);
            Assert.Equal(2, server.Asked.Count);
            break;
        }
    }

    [Fact]
    public async Task Read_a_circle_of_cursors_ends_with_a_clear_error()
    {
        await using var server = await ApiServer.JsonAsync(c => c.Request.Query["cursor"].ToString() switch
        {
            "" => """{"items":[{"i":1}],"next":"a"}""",
            "a" => """{"items":[{"i":2}],"next":"b"}""",
            _ => """{"items":[{"i":3}],"next":"a"}""",
        });
        var failure = await ApiSource.FailureAsync(server.Url, """{"path":"/x","records_path":"items","pagination":{"type":"cursor","path":"next"}}""");
        Assert.Equal(("errors.api.page_repeated", 3), (failure.MessageKey, server.Asked.Count));
    }

    [Theory]
    [InlineData("page"), InlineData("offset")]
    public async Task Read_pages_that_are_honestly_equal_are_read_where_the_source_says_so(string type)
    {
        await using var server = await ApiServer.StartAsync(c => ApiServer.WriteAsync(c, _pages++ < 6 ? """[{"v":0},{"v":0},{"v":0}]""" : "[]"));
        var outcome = await ApiSource.ReadAsync(server.Url, $$$"""{"path":"/x","pagination":{"type":"{{{type}}}","allow_equal_pages":true}}""");
        Assert.Equal(18, outcome.Documents.Count);
    }

    [Fact]
    public async Task Read_a_server_that_ignores_the_pages_number_ends_with_a_clear_error()
    {
        await using var server = await ApiServer.JsonAsync(_ => """[{"i":1},{"i":2}]""");
        var failure = await ApiSource.FailureAsync(server.Url, """{"path":"/x","pagination":{"type":"page"}}""");
        Assert.Equal("errors.api.page_repeated", failure.MessageKey);
        Assert.InRange(server.Asked.Count, 3, 4);
    }

    [Fact]
    public async Task Read_pages_without_end_stop_at_their_limit()
    {
        var i = 0;
        await using var server = await ApiServer.JsonAsync(_ => $"[{{\"i\":{Interlocked.Increment(ref i)}}}]");
        var failure = await ApiSource.FailureAsync(server.Url, """{"path":"/x","pagination":{"type":"page","max_pages":10}}""");
        Assert.Equal(("errors.api.too_many_pages", 10), (failure.MessageKey, server.Asked.Count));
    }

    [Theory]
    [InlineData("http://evil.example/x")]
    [InlineData("//evil.example/x")]
    [InlineData("ftp://127.0.0.1/x")]
    [InlineData("http://127.0.0.1:1/x")]
    [InlineData("https://127.0.0.1/x")]
    public async Task Read_a_next_url_on_another_origin_is_not_followed(string next)
    {
        await using var server = await ApiServer.JsonAsync(_ => $$"""{"items":[],"next":"{{next}}"}""");
        var failure = await ApiSource.FailureAsync(server.Url, """{"path":"/x","records_path":"items","pagination":{"type":"next_url","path":"next"}}""", """{"type":"bearer","token":"t0ken"}""");
        Assert.Equal(("errors.api.foreign_url", 1), (failure.MessageKey, server.Asked.Count));
    }

    private static string Extraction(string path, string pagination)
        => $$"""{"path":"{{path}}","query":{"lang":"en"},"records_path":"data.items","pagination":{{pagination}}}""";
}
