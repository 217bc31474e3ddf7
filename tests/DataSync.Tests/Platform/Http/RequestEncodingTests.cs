using System.IO.Compression;
using System.Text;

namespace DataSync.Tests.Platform.Http;

public sealed class RequestEncodingTests
{
    [Theory]
    [InlineData("gzip"), InlineData("br"), InlineData("deflate"), InlineData("GZIP")]
    public async Task Compressed_body_is_read_as_the_plain_one(string encoding)
    {
        await using var host = new ApiHost();
        await host.InitializeAsync();
        Assert.Equal(201, (await host.SendAsync(HttpMethod.Post, "/api/samples", host.Token(), Compressed(SampleRequest.Valid, encoding))).Status);
    }

    [Fact]
    public async Task Compressed_body_is_refused_where_the_operator_switched_it_off()
    {
        await using var host = new ApiHost().With("DATASYNC_REQUEST_COMPRESSION", "false");
        await host.InitializeAsync();
        var answer = await host.SendAsync(HttpMethod.Post, "/api/samples", host.Token(), Compressed(SampleRequest.Valid, "gzip"));
        Assert.Equal((415, "errors.request.encoding", "identity"), (answer.Status, answer.Key, answer.Headers["Accept-Encoding"]));
        Assert.Equal(201, (await host.PostAsync("/api/samples", SampleRequest.Valid)).Status);
    }

    [Fact]
    public async Task Caller_without_a_token_has_nothing_decompressed()
    {
        await using var host = new ApiHost();
        await host.InitializeAsync();
        var broken = new ByteArrayContent([1, 2, 3]);
        broken.Headers.TryAddWithoutValidation("Content-Type", "application/json");
        broken.Headers.ContentEncoding.Add("gzip");
        Assert.Equal(401, (await host.SendAsync(HttpMethod.Post, "/api/samples", null, broken)).Status);
    }

    private static ByteArrayContent Compressed(string body, string encoding)
    {
        using var into = new MemoryStream();
        using (Stream stream = encoding switch
        {
            "br" => new BrotliStream(into, CompressionLevel.Fastest, leaveOpen: true),
            "deflate" => new ZLibStream(into, CompressionLevel.Fastest, leaveOpen: true),
            _ => new GZipStream(into, CompressionLevel.Fastest, leaveOpen: true),
        }) stream.Write(Encoding.UTF8.GetBytes(body));
        var content = new ByteArrayContent(into.ToArray());
        content.Headers.TryAddWithoutValidation("Content-Type", "application/json");
        content.Headers.ContentEncoding.Add(encoding);
        return content;
    }
}
