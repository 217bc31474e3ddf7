using System.Diagnostics;
using System.Text;
using DataSync.Pipeline.Failures;

namespace DataSync.IntegrationTests.Extract.Api;

public sealed class ApiAuthTests
{
    private const string One = """{"path":"/x"}""";

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("""{"type":"api_key","name":"X-Api-Key","value":"k&y=1"}""", "X-Api-Key", "k&y=1", "/x")]
    [InlineData("""{"type":"api_key","in":"query","name":"key","value":"k&y=1"}""", null, null, "/x?key=k%26y%3D1")]
    [InlineData("""{"type":"basic","username":"ann","password":"pä:ss"}""", "Authorization", "Basic YW5uOnDDpDpzcw==", "/x")]
    [InlineData("""{"type":"bearer","token":"t0ken"}""", "Authorization", "Bearer t0ken", "/x")]
    public async Task Read_credentials_stand_where_they_belong(string auth, string? header, string? value, string target)
    {
        await using var server = await ApiServer.JsonAsync(_ => "[]");
        await ApiSource.ReadAsync(server.Url, One, auth, """{"X-More":"m"}""");
        var asked = Assert.Single(server.Asked);
        Assert.Equal(target, asked.Target);
        Assert.Equal("m", asked.Header("X-More"));
        Assert.Equal(value, header is null ? null : asked.Header(header));
        Assert.Equal(header == "Authorization", asked.Header("Authorization") is not null);
    }

    [Fact]
    public async Task Read_a_key_in_the_query_goes_with_every_page_and_never_into_a_token()
    {
        await using var server = await ApiServer.JsonAsync(c => c.Request.Query.ContainsKey("p")
            ? """{"items":[{"i":2}],"next":null}"""
            : $$"""{"items":[{"i":1}],"next":"/x?p=2&key={{c.Request.Query["key"]}}"}""");
        using var connector = ApiSource.Connector();
        var connection = ApiSource.Connection(server.Url, """{"type":"api_key","in":"query","name":"key","value":"s3cret"}""");
        var request = ApiSource.Request("""{"path":"/x","records_path":"items","pagination":{"type":"next_url","path":"next"}}""");
        var first = await ReadOutcome.OfAsync(connector, connection, request with { RowLimit = 1 }, Ct);
        Assert.DoesNotContain("s3cret", Encoding.UTF8.GetString(first.Token), StringComparison.Ordinal);
        await foreach (var batch in connector.ReadAsync(connection, request, Ct))
        {
            using (batch) Assert.DoesNotContain("s3cret", Encoding.UTF8.GetString(batch.ResumeToken.Span), StringComparison.Ordinal);
        }

        Assert.All(server.Targets, t => Assert.EndsWith("key=s3cret", t, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Read_no_span_holds_a_key_of_the_query_and_no_request_holds_our_trace()
    {
        var tags = new System.Collections.Concurrent.ConcurrentQueue<string>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == "System.Net.Http",
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = span => tags.Enqueue(string.Join(' ', span.TagObjects.Select(t => t.Value))),
        };
        ActivitySource.AddActivityListener(listener);
        await using var server = await ApiServer.JsonAsync(_ => "[]");
        await ApiSource.ReadAsync(server.Url, """{"path":"/spanned"}""", """{"type":"api_key","in":"query","name":"key","value":"s3cret-of-span"}""");
        Assert.Contains(tags, t => t.Contains("/spanned", StringComparison.Ordinal));
        Assert.DoesNotContain(tags, t => t.Contains("s3cret-of-span", StringComparison.Ordinal));
        Assert.DoesNotContain(Assert.Single(server.Asked).Headers.Keys, h => h is "traceparent" or "tracestate" or "baggage" or "Request-Id" or "Correlation-Context");
    }

    [Theory]
    [InlineData("", "Basic aWQlM0ExOnMlMjUy", null)]
    [InlineData(""","client_auth":"body","scope":"read all","audience":"a" """, null, "grant_type=client_credentials&scope=read+all&audience=a&client_id=id%3A1&client_secret=s%252")]
    public async Task Read_a_token_is_got_with_the_clients_credentials(string more, string? basic, string? form)
    {
        var got = "";
        await using var server = await ApiServer.StartAsync(async c =>
        {
            if (c.Request.Path == "/token")
            {
                got = await new StreamReader(c.Request.Body).ReadToEndAsync();
                await ApiServer.WriteAsync(c, """{"access_token":"abc","token_type":"Bearer","expires_in":3600}""");
            }
            else
            {
                await ApiServer.WriteAsync(c, c.Request.Headers.Authorization == "Bearer abc" ? "[1]" : "[]");
            }
        });
        var outcome = await ApiSource.ReadAsync(server.Url, One, $$"""{"type":"oauth2_client_credentials","token_url":"{{server.Url}}token","client_id":"id:1","client_secret":"s%2"{{more}}}""");
        Assert.Equal(["1"], outcome.Documents);
        Assert.Equal(basic, server.Asked.First().Header("Authorization"));
        if (form is not null) Assert.Equal(form, got);
        else Assert.Equal("grant_type=client_credentials", got);
    }

    [Fact]
    public async Task Read_many_at_once_get_one_token_and_share_it()
    {
        await using var server = await TokenServerAsync(_ => true);
        using var connector = ApiSource.Connector();
        await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => ApiSource.ReadAsync(server.Url, One, OAuth(server), connector: connector)));
        Assert.Single(server.Targets, t => t == "/token");
        Assert.Equal(20, server.Targets.Count(t => t == "/x"));
    }

    /// <summary>Between the second page and the third its time goes by, as the token's server said it would: none is refused, and all who read wait for the one that is got anew.</summary>
    [Fact]
    public async Task Read_a_token_that_expires_between_two_pages_is_got_anew_once_before_it_is_used()
    {
        const int Readers = 10;
        var (clock, given, arrived) = (new MovedClock(), 0, 0);
        var haveAll = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var refused = new System.Collections.Concurrent.ConcurrentQueue<string>();
        await using var server = await ApiServer.StartAsync(async c =>
        {
            if (c.Request.Path == "/token")
            {
                await Task.Delay(50);
                await ApiServer.WriteAsync(c, $$"""{"access_token":"token-{{Interlocked.Increment(ref given)}}","expires_in":100}""");
                return;
            }

            var page = c.Request.Query.TryGetValue("p", out var asked) ? int.Parse(asked!, System.Globalization.CultureInfo.InvariantCulture) : 1;
            var token = c.Request.Headers.Authorization.ToString();
            if (token != (page <= 2 ? "Bearer token-1" : "Bearer token-2"))
            {
                refused.Enqueue($"{page}: {token}");
                c.Response.StatusCode = 401;
                return;
            }

            if (page == 2 && Interlocked.Increment(ref arrived) == Readers)
            {
                clock.Pass(TimeSpan.FromSeconds(99));
                haveAll.SetResult();
            }

            if (page == 2) await haveAll.Task;
            await ApiServer.WriteAsync(c, page < 5 ? $$"""{"items":[{{page}}],"next":"/x?p={{page + 1}}"}""" : """{"items":[5],"next":null}""");
        });
        using var connector = ApiSource.Connector(time: clock);
        const string Pages = """{"path":"/x","records_path":"items","pagination":{"type":"next_url","path":"next"}}""";
        var read = await Task.WhenAll(Enumerable.Range(0, Readers).Select(_ => ApiSource.ReadAsync(server.Url, Pages, OAuth(server), connector: connector)));
        Assert.Empty(refused);
        Assert.All(read, r => Assert.Equal(["1", "2", "3", "4", "5"], r.Documents));
        Assert.Equal(2, given);
    }

    [Fact]
    public async Task Read_a_token_serves_neither_another_source_nor_another_secret()
    {
        await using var server = await TokenServerAsync(_ => true);
        using var connector = ApiSource.Connector();
        var request = ApiSource.Request(One);
        foreach (var (source, secret) in new[] { ("a", "1"), ("b", "1"), ("a", "2"), ("a", "1") })
            await ReadOutcome.OfAsync(connector, ApiSource.Connection(server.Url, OAuth(server, secret), source: source), request, Ct);
        Assert.Equal(3, server.Targets.Count(t => t == "/token"));
    }

    [Fact]
    public async Task Read_a_token_that_is_refused_is_got_anew_once()
    {
        await using var server = await TokenServerAsync(token => token != "token-1");
        using var connector = ApiSource.Connector();
        Assert.Single((await ApiSource.ReadAsync(server.Url, One, OAuth(server), connector: connector)).Documents);
        Assert.Equal(["/token", "/x", "/token", "/x"], server.Targets);
    }

    [Fact]
    public async Task Read_tokens_that_are_never_taken_fail_for_good()
    {
        await using var server = await TokenServerAsync(_ => false);
        var failure = await ApiSource.FailureAsync(server.Url, One, OAuth(server));
        Assert.Equal(("errors.api.authentication", FailureKind.Permanent), (failure.MessageKey, failure.Kind));
        Assert.Equal(["/token", "/x", "/token", "/x"], server.Targets);
    }

    [Theory]
    [InlineData(401, "{}", "Permanent")]
    [InlineData(503, "{}", "Transient")]
    [InlineData(200, "{}", "Permanent")]
    [InlineData(200, """{"access_token":"a\r\nX-Evil: 1"}""", "Permanent")]
    [InlineData(200, "<html>", "Permanent")]
    [InlineData(302, "", "Permanent")]
    public async Task Read_without_a_token_nothing_is_asked(int status, string body, string kind)
    {
        await using var server = await ApiServer.StartAsync(c =>
        {
            c.Response.StatusCode = status;
            c.Response.Headers.Location = "/token2";
            return ApiServer.WriteAsync(c, body);
        });
        var failure = await ApiSource.FailureAsync(server.Url, One, OAuth(server));
        Assert.Equal(("errors.api.token", kind), (failure.MessageKey, failure.Kind.ToString()));
        Assert.Equal(["/token"], server.Targets);
    }

    [Theory]
    [InlineData(401), InlineData(403)]
    public async Task Read_refused_credentials_fail_for_good(int status)
    {
        await using var server = await ApiServer.StartAsync(c =>
        {
            c.Response.StatusCode = status;
            return Task.CompletedTask;
        });
        var failure = await ApiSource.FailureAsync(server.Url, One, """{"type":"bearer","token":"t"}""");
        Assert.Equal(("errors.api.authentication", FailureKind.Permanent, status), (failure.MessageKey, failure.Kind, failure.Params!["status"]));
        Assert.Single(server.Asked);
    }

    /// <summary>The clock, moved on by the test; what is measured takes as long as ever.</summary>
    private sealed class MovedClock : TimeProvider
    {
        private long _ahead;

        public void Pass(TimeSpan time) => Interlocked.Add(ref _ahead, time.Ticks);

        public override DateTimeOffset GetUtcNow() => base.GetUtcNow().AddTicks(Interlocked.Read(ref _ahead));
    }

    private static string OAuth(ApiServer server, string secret = "1")
        => $$"""{"type":"oauth2_client_credentials","token_url":"{{server.Url}}token","client_id":"c","client_secret":"{{secret}}"}""";

    /// <summary>Gives token-1, token-2 …; the API takes those that <paramref name="takes"/> says.</summary>
    private static Task<ApiServer> TokenServerAsync(Func<string, bool> takes)
    {
        var given = 0;
        return ApiServer.StartAsync(async c =>
        {
            if (c.Request.Path == "/token")
            {
                await Task.Delay(50);
                await ApiServer.WriteAsync(c, $$"""{"access_token":"token-{{Interlocked.Increment(ref given)}}","expires_in":"3600"}""");
                return;
            }

            var token = c.Request.Headers.Authorization.ToString();
            c.Response.StatusCode = token.StartsWith("Bearer token-", StringComparison.Ordinal) && takes(token["Bearer ".Length..]) ? 200 : 401;
            await ApiServer.WriteAsync(c, "[1]");
        });
    }
}
