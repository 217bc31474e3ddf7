using System.Diagnostics;
using System.IO.Compression;
using System.Net.Sockets;
using Microsoft.AspNetCore.Http;

namespace DataSync.IntegrationTests.Extract.Api;

/// <summary>Answers that come slowly: what never ends is ended in time, and what does is read to its end. <see cref="ApiMemoryTests"/> has those that send without a pause.</summary>
public sealed class ApiEndlessTests
{
    private const string Lines = "HTTP/1.1 200 OK\r\nContent-Type: application/x-ndjson\r\n";

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("a line now and then", "errors.api.too_slow")]
    [InlineData("a head byte by byte", "errors.connection.timeout")]
    public async Task Read_of_a_trickle_without_end_ends_with_a_clear_error(string mode, string key)
    {
        await using var server = new RawServer((socket, ct) => TrickleAsync(mode, socket, ct));
        using var connector = ApiSource.Connector(api: o => o.ResponseTimeoutSeconds = o.StallTimeoutSeconds = 1);
        var clock = Stopwatch.StartNew();
        Assert.Equal(key, (await ApiSource.FailureAsync(server.Url, """{"path":"/x"}""", connector: connector)).MessageKey);
        Assert.InRange(clock.Elapsed.TotalSeconds, 0, 20);
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

    private static async Task TrickleAsync(string mode, Socket socket, CancellationToken ct)
    {
        var isHead = mode == "a head byte by byte";
        if (!isHead) await RawServer.SendAsync(socket, Lines + "\r\n", ct);
        foreach (var part in isHead ? Lines.Select(c => c.ToString()) : Enumerable.Repeat("1\n", int.MaxValue))
        {
            await RawServer.SendAsync(socket, part, ct);
            await Task.Delay(100, ct);
        }
    }
}
