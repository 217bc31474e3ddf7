using System.Diagnostics;
using System.IO.Compression;
using System.Net.Sockets;
using System.Text;
using DataSync.Pipeline.Failures;

namespace DataSync.IntegrationTests.Extract.Api;

/// <summary>
/// Answers that never end, page after page or within one, and such as become much: a clear error in the time given, and little memory at any time until then. The process's memory is looked at, so nothing runs beside.
/// </summary>
[Collection(nameof(NothingBeside))]
public sealed class ApiMemoryTests
{
    /// <summary>A line may have 64 MiB before it is passed over; its buffer doubles as it comes, and those that it outgrew are counted too.</summary>
    private const long Little = 384L * 1024 * 1024;

    private const long Growth = 8 * 1024 * 1024;
    private const string Head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n", Lines = "HTTP/1.1 200 OK\r\nContent-Type: application/x-ndjson\r\n";

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
        var batches = 0;
        await HoldsLittleAsync(server.Url, extraction, seconds: 1, "errors.extraction.statement_timeout", _ =>
        {
            if (++batches % 50 != 0) return false;
            server.Asked.Clear();
            return true;
        });
    }

    [Fact]
    public async Task Read_of_lines_without_end_ends_at_the_time_given_and_holds_no_more_than_a_batch()
    {
        await using var server = new RawServer((socket, ct) => AnswerAsync("lines", socket, ct));
        long records = 0;
        await HoldsLittleAsync(server.Url, """{"path":"/x"}""", seconds: 3, "errors.extraction.statement_timeout", count => (records += count) % 50_000 == 0);
        Assert.True(records > 100_000, $"{records} records");
    }

    [Theory]
    [InlineData("blank lines", "errors.extraction.statement_timeout")]
    [InlineData("gzip without end", "errors.extraction.statement_timeout")]
    [InlineData("one line without end", "errors.extraction.statement_timeout")]
    [InlineData("endless head", "errors.connection.lost")]
    [InlineData("endless body", "errors.api.page_too_large")]
    [InlineData("gzip bomb", "errors.api.page_too_large")]
    [InlineData("deep", "errors.api.body")]
    public async Task Read_of_a_body_that_is_much_ends_in_time_and_holds_little(string mode, string key)
    {
        await using var server = new RawServer((socket, ct) => AnswerAsync(mode, socket, ct));
        await HoldsLittleAsync(server.Url, """{"path":"/x"}""", seconds: 2, key, static _ => false);
    }

    /// <summary>Reads, keeps nothing, and looks at the memory meanwhile: at all of it, and where a look is due also at what is held, which must not grow.</summary>
    private static async Task HoldsLittleAsync(Uri url, string extraction, int seconds, string key, Func<int, bool> isLookDue)
    {
        using var connector = ApiSource.Connector(api: o => o.MaxPageMegabytes = 4);
        long held = 0, least = long.MaxValue;
        var before = MemoryPeak.Before();
        var clock = Stopwatch.StartNew();
        var reading = Assert.ThrowsAsync<SyncFailureException>(async () =>
        {
            var request = ApiSource.Request(extraction) with { StatementTimeout = TimeSpan.FromSeconds(seconds) };
            await foreach (var batch in connector.ReadAsync(ApiSource.Connection(url), request, Ct))
            {
                var count = batch.Count;
                batch.Dispose();
                if (!isLookDue(count)) continue;
                if (held == 0) held = GC.GetTotalMemory(forceFullCollection: true);
                else least = Math.Min(least, GC.GetTotalMemory(forceFullCollection: true));
            }
        });
        var most = await MemoryPeak.DuringAsync(reading, before, Ct);
        TestContext.Current.SendDiagnosticMessage($"{extraction} {key}: {most / 1024 / 1024} MiB");
        Assert.Equal(key, (await reading).Failure.MessageKey);
        Assert.InRange(clock.Elapsed.TotalSeconds, 0, 20);
        Assert.InRange(most, long.MinValue, Little);
        if (least < long.MaxValue) Assert.InRange(least - held, long.MinValue, Growth);
    }

    private static async Task AnswerAsync(string mode, Socket socket, CancellationToken ct)
    {
        switch (mode)
        {
            case "lines":
                await RawServer.SendAsync(socket, Lines + "\r\n", ct);
                await EndlesslyAsync(socket, string.Concat(Enumerable.Repeat("{\"text\":\"" + new string('x', 100) + "\"}\n", 1000)), ct);
                break;
            case "blank lines":
                await RawServer.SendAsync(socket, Lines + "\r\n", ct);
                await EndlesslyAsync(socket, new string('\n', 64 * 1024), ct);
                break;
            case "one line without end":
                await RawServer.SendAsync(socket, Lines + "\r\n", ct);
                await EndlesslyAsync(socket, new string('x', 64 * 1024), ct);
                break;
            case "gzip without end":
                await RawServer.SendAsync(socket, Lines + "Content-Encoding: gzip\r\n\r\n", ct);
                await PackEndlesslyAsync(socket, ct);
                break;
            case "endless head":
                await RawServer.SendAsync(socket, "HTTP/1.1 200 OK\r\n", ct);
                await EndlesslyAsync(socket, "X-More: " + new string('x', 1000) + "\r\n", ct);
                break;
            case "endless body":
                await RawServer.SendAsync(socket, Head + "\r\n[1", ct);
                await EndlesslyAsync(socket, string.Concat(Enumerable.Repeat(",1", 10_000)), ct);
                break;
            case "gzip bomb":
                var bomb = ApiHostileServerTests.Gzip(new byte[64 * 1024 * 1024]);
                await RawServer.SendAsync(socket, Head + $"Content-Encoding: gzip\r\nContent-Length: {bomb.Length}\r\n\r\n", ct);
                await socket.SendAsync(bomb, ct);
                await Task.Delay(2000, ct);
                break;
            case "deep":
                await RawServer.SendAsync(socket, Head + "Content-Length: 1000000\r\n\r\n" + new string('[', 1_000_000), ct);
                break;
        }
    }

    private static async Task EndlesslyAsync(Socket socket, string text, CancellationToken ct)
    {
        for (var part = Encoding.UTF8.GetBytes(text); ;) await socket.SendAsync(part, ct);
    }

    private static async Task PackEndlesslyAsync(Socket socket, CancellationToken ct)
    {
        var lines = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("{\"a\":\"" + new string('0', 2000) + "\"}\n", 500)));
        try
        {
            await using var gzip = new GZipStream(new NetworkStream(socket), CompressionLevel.Fastest);
            while (true) await gzip.WriteAsync(lines, ct);
        }
        catch (IOException)
        {
            // the client went away
        }
    }
}
