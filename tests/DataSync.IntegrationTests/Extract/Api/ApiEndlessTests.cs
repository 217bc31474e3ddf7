using System.Diagnostics;
using System.IO.Compression;
using System.Net.Sockets;
using System.Text;
using DataSync.Pipeline.Failures;
using Microsoft.AspNetCore.Http;

namespace DataSync.IntegrationTests.Extract.Api;

/// <summary>Answers that never end, page after page or within one: the time given is kept, and memory does not grow.</summary>
public sealed class ApiEndlessTests
{
    private const string Lines = "HTTP/1.1 200 OK\r\nContent-Type: application/x-ndjson\r\n";

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("""{"path":"/full","records_path":"items","pagination":{"type":"cursor","path":"next"}}""")]
    [InlineData("""{"path":"/empty","records_path":"items","pagination":{"type":"cursor","path":"next"}}""")]
    [InlineData("""{"path":"/full","records_path":"items","pagination":{"type":"page"}}""")]
    public async Task Read_of_pages_without_end_ends_at_the_time_given_and_holds_no_more_than_a_page(string extraction)
    {
        var page = 0;
        await using var server = await ApiServer.JsonAsync(c =>
        {
            var next = Interlocked.Increment(ref page);
            var items = c.Request.Path == "/empty" ? "" : string.Join(',', Enumerable.Range(0, 100).Select(i => $$"""{"page":{{next}},"i":{{i}}}"""));
            return $$"""{"next":"{{next}}","items":[{{items}}]}""";
        });
        using var connector = ApiSource.Connector();
        long batches = 0, before = 0, least = long.MaxValue;
        var clock = Stopwatch.StartNew();
        var failure = (await Assert.ThrowsAsync<SyncFailureException>(async () =>
        {
            await foreach (var batch in connector.ReadAsync(ApiSource.Connection(server.Url), ApiSource.Request(extraction) with { StatementTimeout = TimeSpan.FromSeconds(1) }, Ct))
            {
                batch.Dispose();
                if (++batches % 50 != 0) continue;
                server.Asked.Clear();
                if (before == 0) before = GC.GetTotalMemory(forceFullCollection: true);
                else least = Math.Min(least, GC.GetTotalMemory(forceFullCollection: true));
            }
        })).Failure;
        Assert.Equal("errors.extraction.statement_timeout", failure.MessageKey);
        Assert.InRange(clock.Elapsed.TotalSeconds, 0.5, 20);
        if (least < long.MaxValue) Assert.InRange(least - before, long.MinValue, 8 * 1024 * 1024);
    }

    [Theory]
    [InlineData("blank lines", "errors.extraction.statement_timeout")]
    [InlineData("gzip without end", "errors.extraction.statement_timeout")]
    [InlineData("one line without end", "errors.extraction.statement_timeout")]
    [InlineData("a line now and then", "errors.api.too_slow")]
    [InlineData("a head byte by byte", "errors.connection.timeout")]
    public async Task Read_of_a_body_without_end_ends_with_a_clear_error(string mode, string key)
    {
        await using var server = new RawServer((socket, ct) => AnswerAsync(mode, socket, ct));
        var isMuch = key == "errors.extraction.statement_timeout";
        using var connector = ApiSource.Connector(api: o => o.ResponseTimeoutSeconds = o.StallTimeoutSeconds = isMuch ? 60 : 1);
        var clock = Stopwatch.StartNew();
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var failure = (await Assert.ThrowsAsync<SyncFailureException>(async () =>
        {
            await foreach (var batch in connector.ReadAsync(ApiSource.Connection(server.Url), ApiSource.Request("""{"path":"/x"}""") with { StatementTimeout = TimeSpan.FromSeconds(isMuch ? 1 : 60) }, Ct)) batch.Dispose();
        })).Failure;
        Assert.Equal(key, failure.MessageKey);
        Assert.InRange(clock.Elapsed.TotalSeconds, 0, 20);
        Assert.InRange(GC.GetTotalMemory(forceFullCollection: true) - before, long.MinValue, 300L * 1024 * 1024);
    }

    [Fact]
    public async Task Read_of_a_body_that_comes_slowly_but_steadily_goes_to_its_end()
    {
        const int Parts = 30;
        await using var server = new RawServer(async (socket, ct) =>
        {
            await RawServer.SendAsync(socket, Lines + "Connection: close\r\n\r\n", ct);
            for (var i = 0; i < Parts; i++)
            {
                await Task.Delay(90, ct);
                await RawServer.SendAsync(socket, $"\"{new string('x', 1200)}\"\n", ct);
            }

            socket.Shutdown(SocketShutdown.Send);
            await Task.Delay(500, ct);
        });
        using var connector = ApiSource.Connector(api: o => o.StallTimeoutSeconds = 1);
        Assert.Equal(Parts, (await ApiSource.ReadAsync(server.Url, """{"path":"/x"}""", connector: connector)).Documents.Count);
    }

    [Theory]
    [InlineData("hang", "errors.connection.timeout"), InlineData("trickle", "errors.api.too_slow"), InlineData("bomb", "errors.api.page_too_large"), InlineData("nonsense", "errors.api.token")]
    public async Task Read_behind_an_authorization_server_that_is_hostile_ends_with_a_clear_error(string mode, string key)
    {
        await using var server = await ApiServer.StartAsync(async c =>
        {
            if (mode == "hang") await Task.Delay(Timeout.Infinite, c.RequestAborted);
            if (mode == "nonsense") await c.Response.WriteAsync("[1]", c.RequestAborted);
            if (mode == "bomb")
            {
                c.Response.Headers.ContentEncoding = "gzip";
                await using var gzip = new GZipStream(c.Response.Body, CompressionLevel.Fastest);
                await gzip.WriteAsync(new byte[4 * 1024 * 1024], c.RequestAborted);
            }

            while (mode == "trickle")
            {
                await c.Response.WriteAsync(" ", c.RequestAborted);
                await c.Response.Body.FlushAsync(c.RequestAborted);
                await Task.Delay(100, c.RequestAborted);
            }
        });
        using var connector = ApiSource.Connector(api: o => (o.ResponseTimeoutSeconds, o.StallTimeoutSeconds) = (2, 1));
        var auth = $$"""{"type":"oauth2_client_credentials","token_url":"{{server.Url}}token","client_id":"c","client_secret":"s"}""";
        Assert.Equal(key, (await ApiSource.FailureAsync(server.Url, """{"path":"/x"}""", auth, connector: connector)).MessageKey);
        Assert.Equal(["/token"], server.Targets);
    }

    private static async Task AnswerAsync(string mode, Socket socket, CancellationToken ct)
    {
        var much = new byte[64 * 1024];
        switch (mode)
        {
            case "blank lines":
                much.AsSpan().Fill((byte)'\n');
                await RawServer.SendAsync(socket, Lines + "\r\n", ct);
                while (true) await socket.SendAsync(much, ct);
            case "one line without end":
                much.AsSpan().Fill((byte)'x');
                await RawServer.SendAsync(socket, Lines + "\r\n", ct);
                while (true) await socket.SendAsync(much, ct);
            case "gzip without end":
                await RawServer.SendAsync(socket, Lines + "Content-Encoding: gzip\r\n\r\n", ct);
                var line = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("{\"a\":\"" + new string('0', 2000) + "\"}\n", 500)));
                try
                {
                    await using var gzip = new GZipStream(new NetworkStream(socket), CompressionLevel.Fastest);
                    while (true) await gzip.WriteAsync(line, ct);
                }
                catch (IOException)
                {
                    // the client went away
                    break;
                }

            case "a line now and then":
                await RawServer.SendAsync(socket, Lines + "\r\n", ct);
                while (true)
                {
                    await RawServer.SendAsync(socket, "1\n", ct);
                    await Task.Delay(100, ct);
                }

            default:
                foreach (var part in Lines)
                {
                    await RawServer.SendAsync(socket, part.ToString(), ct);
                    await Task.Delay(100, ct);
                }

                break;
        }
    }
}
