using System.IO.Compression;
using System.Text;
using DataSync.IntegrationTests.Postgres;
using DataSync.Pipeline.Failures;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;

namespace DataSync.IntegrationTests.Extract.Api;

public sealed class ApiBodyTests
{
    private const string One = """{"path":"/x"}""";

    [Theory]
    [InlineData("""{"data":{"items":[{"a":1},{"a":2}]}}""", "data.items")]
    [InlineData("""{"data":[{"items":[{"a":1}]},{"items":[{"a":2}]}]}""", "data[].items[]")]
    [InlineData("""[{"v":{"a":1}},{"v":null},{"w":0},{"v":{"a":2}}]""", "[*].v")]
    [InlineData("""{"x":{"k1":{"a":1},"k2":{"a":2}}}""", "x.*")]
    [InlineData("""{"da ta":[[],[{"a":1},{"a":2}]]}""", "\\\"da ta\\\"[-1]")]
    [InlineData("""{"rows":[{"id":1,"v":{"a":1}},{"id":9,"v":{"a":9}},{"id":2,"v":{"a":2}}]}""", "rows[?id < `9`].v")]
    [InlineData("""{"keys":["a"],"values":[1,2,3]}""", "values[:2].{a: @}")]
    [InlineData("""{"v":[{"a":2},{"a":1}]}""", "sort_by(v, &a)")]
    public async Task Read_records_are_found_at_their_path(string body, string path)
    {
        await using var server = await ApiServer.JsonAsync(_ => body);
        Assert.Equal(["""{"a":1}""", """{"a":2}"""], (await ApiSource.ReadAsync(server.Url, $$"""{"path":"/x","records_path":"{{path}}"}""")).Documents);
    }

    [Theory]
    [InlineData("""{"items":null}""", 0), InlineData("""{"items":[]}""", 0), InlineData("""{"items":{"a":1}}""", 1)]
    public async Task Read_null_is_no_record_and_an_object_is_one(string body, int records)
    {
        await using var server = await ApiServer.JsonAsync(_ => body);
        Assert.Equal(records, (await ApiSource.ReadAsync(server.Url, """{"path":"/x","records_path":"items"}""")).Documents.Count);
    }

    [Theory]
    [InlineData("""{"itemz":[1]}""", "items"), InlineData("""{"items":3}""", "items"), InlineData("""{"items":"x"}""", "items[*]"), InlineData("""{"other":[]}""", "items[*].a")]
    [InlineData("""{"itemz":[1]}""", "items[?a]"), InlineData("""{"items":{"a":1}}""", "length(items)")]
    public async Task Read_a_path_that_leads_nowhere_fails_instead_of_finding_nothing(string body, string path)
    {
        await using var server = await ApiServer.JsonAsync(_ => body);
        Assert.Equal("errors.api.records_path", (await ApiSource.FailureAsync(server.Url, $$"""{"path":"/x","records_path":"{{path}}"}""")).MessageKey);
    }

    [Theory]
    [InlineData("sum(items)", "errors.extraction.expression"), InlineData("items[?starts_with(@, 'a')]", "errors.extraction.expression_text")]
    public async Task Read_an_expression_that_does_not_suit_the_answer_is_told(string path, string key)
    {
        await using var server = await ApiServer.JsonAsync(_ => """{"items":["\ud800"]}""");
        Assert.Equal(key, (await ApiSource.FailureAsync(server.Url, $$"""{"path":"/x","records_path":"{{path}}"}""")).MessageKey);
    }

    [Fact]
    public async Task Read_what_an_expression_makes_keeps_the_digits_it_is_made_of()
    {
        await using var server = await ApiServer.JsonAsync(_ => """{"rows":[{"id":9007199254740993,"p":1.10,"tags":["x","y"]},{"id":1,"p":2e3,"tags":[]}]}""");
        Assert.Equal(
            ["""{"id":9007199254740993,"price":1.10,"tag":"x,y"}""", """{"id":1,"price":2e3,"tag":""}"""],
            (await ApiSource.ReadAsync(server.Url, """{"path":"/x","records_path":"rows[*].{id: id, price: p, tag: join(',', tags)}"}""")).Documents);
    }

    [Fact]
    public async Task Read_what_is_missing_is_an_empty_page_where_the_source_says_so()
    {
        await using var server = await ApiServer.JsonAsync(_ => "{}");
        Assert.Empty((await ApiSource.ReadAsync(server.Url, """{"path":"/x","records_path":"items","empty_if_missing":true}""")).Documents);
    }

    // Feature: data-sync-pipeline, Property 2: whatever an API sends comes out as the very bytes it sent, as JSON and as JSON lines
    [Property(MaxTest = 100, Arbitrary = [typeof(Documents)]), Trait("Property", "2")]
    public async Task Read_every_record_keeps_its_bytes(string[] documents)
    {
        await using var server = await ApiServer.StartAsync(c => c.Request.Path == "/json"
            ? ApiServer.WriteAsync(c, $$"""{"items": [ {{string.Join(" ,\n ", documents)}} ]}""")
            : ApiServer.WriteAsync(c, string.Concat(documents.Select(t => t + "\n")), "application/x-ndjson"));
        Assert.Equal(documents, (await ApiSource.ReadAsync(server.Url, """{"path":"/json","records_path":"items"}""")).Documents);
        Assert.Equal(documents, (await ApiSource.ReadAsync(server.Url, """{"path":"/lines"}""")).Documents);
    }

    [Theory]
    [InlineData("gzip"), InlineData("br"), InlineData("deflate"), InlineData("a file")]
    public async Task Read_packed_bodies_are_unpacked(string encoding)
    {
        var packed = new MemoryStream();
        using (Stream pack = encoding switch { "br" => new BrotliStream(packed, CompressionLevel.Fastest), "deflate" => new ZLibStream(packed, CompressionLevel.Fastest), _ => new GZipStream(packed, CompressionLevel.Fastest) })
            pack.Write(Encoding.UTF8.GetBytes("""[{"ü":9007199254740993}]"""));
        await using var server = await ApiServer.StartAsync(async c =>
        {
            c.Response.ContentType = "application/json";
            if (encoding != "a file") c.Response.Headers.ContentEncoding = encoding;
            await c.Response.Body.WriteAsync(packed.ToArray());
        });
        Assert.Equal(["""{"ü":9007199254740993}"""], (await ApiSource.ReadAsync(server.Url, One)).Documents);
    }

    /// <summary>All lines are whole, and everything that was sent came: only the end of the packed body tells that more was to come.</summary>
    [Theory]
    [InlineData("gzip", 1), InlineData("gzip", 8), InlineData("gzip", 2000), InlineData("br", 2000), InlineData("deflate", 4), InlineData("deflate", 2000), InlineData("a file", 8), InlineData("a file", 2000)]
    public async Task Read_packed_lines_that_were_cut_off_are_not_taken_for_all(string encoding, int missing)
    {
        var (packed, random) = (new MemoryStream(), new Random(1));
        using (Stream pack = encoding switch { "br" => new BrotliStream(packed, CompressionLevel.Fastest, leaveOpen: true), "deflate" => new ZLibStream(packed, CompressionLevel.Fastest, leaveOpen: true), _ => new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true) })
        {
            for (var i = 0; i < 500; i++)
            {
                pack.Write(Encoding.UTF8.GetBytes($"{random.Next()}\n"));
                pack.Flush();
            }
        }

        var body = packed.ToArray()[..^missing];
        await using var server = await ApiServer.StartAsync(async c =>
        {
            c.Response.ContentType = "application/x-ndjson";
            c.Response.ContentLength = body.Length;
            if (encoding != "a file") c.Response.Headers.ContentEncoding = encoding;
            await c.Response.Body.WriteAsync(body);
        });
        var failure = await ApiSource.FailureAsync(server.Url, One);
        Assert.Equal(("errors.api.body", FailureKind.Transient), (failure.MessageKey, failure.Kind));
    }

    [Theory]
    [InlineData("iso-8859-1"), InlineData("utf-16"), InlineData("\"UTF-8\"")]
    public async Task Read_other_character_sets_become_utf8(string charset)
    {
        var encoding = charset.Contains("UTF-8", StringComparison.Ordinal) ? Encoding.UTF8 : Encoding.GetEncoding(charset);
        await using var server = await ApiServer.StartAsync(async c =>
        {
            c.Response.ContentType = $"application/json; charset={charset}";
            await c.Response.Body.WriteAsync(encoding.GetBytes("""["grün"]"""));
        });
        Assert.Equal(["\"grün\""], (await ApiSource.ReadAsync(server.Url, One)).Documents);
    }

    [Fact]
    public async Task Read_an_unknown_character_set_is_named()
    {
        await using var server = await ApiServer.StartAsync(c => ApiServer.WriteAsync(c, "[]", "application/json; charset=klingon"));
        var failure = await ApiSource.FailureAsync(server.Url, One);
        Assert.Equal(("errors.api.charset", "klingon"), (failure.MessageKey, failure.Params!["charset"]));
    }

    [Fact]
    public async Task Read_lines_that_are_no_json_are_quarantined_alone()
    {
        await using var server = await ApiServer.StartAsync(async c =>
        {
            c.Response.ContentType = "application/x-ndjson";
            await c.Response.Body.WriteAsync((byte[])[.. "\uFEFF{\"a\":1}\r\n\n{\"a\":\n  {\"a\":3}  \n{} {}\n"u8, (byte)'"', 0xff, (byte)'"', (byte)'\n', .. "{\"a\":6}"u8]);
        });
        var outcome = await ApiSource.ReadAsync(server.Url, One);
        Assert.Equal(["{\"a\":1}", "{\"base64\":\"eyJhIjo=\"}", "{\"a\":3}", "{\"base64\":\"e30ge30=\"}", "{\"base64\":\"Iv8i\"}", "{\"a\":6}"], outcome.Documents);
        Assert.Equal([(1L, "invalid_json"), (3L, "invalid_json"), (4L, "invalid_text")], outcome.Rejections.Select(r => (r.Seq, r.Rejection.Code)));
    }

    [Fact]
    public async Task Read_a_json_record_that_is_no_utf8_is_quarantined_alone()
    {
        await using var server = await ApiServer.StartAsync(async c =>
        {
            c.Response.ContentType = "application/json";
            await c.Response.Body.WriteAsync((byte[])[.. "[{\"a\":1},\""u8, 0xff, .. "\",{\"a\":3}]"u8]);
        });
        var outcome = await ApiSource.ReadAsync(server.Url, One);
        Assert.Equal(["{\"a\":1}", "{\"base64\":\"Iv8i\"}", "{\"a\":3}"], outcome.Documents);
        Assert.Equal((1L, "invalid_text"), (Assert.Single(outcome.Rejections).Seq, outcome.Rejections[0].Rejection.Code));
    }

    [Fact]
    public async Task Read_csv_gives_every_value_as_the_text_it_was()
    {
        await using var server = await ApiServer.StartAsync(c => ApiServer.WriteAsync(
            c, "\uFEFFid,\"na\"\"me\",id\r\n007,\"a,\"\"b\"\"\r\nc\",\r\n,grün,\"\"\n\n1,2\n\"x\"y,2,3\n9,\u0001,last", "text/csv"));
        var outcome = await ApiSource.ReadAsync(server.Url, One);
        Assert.Equal(
            [
                """{"id":"007","na\"me":"a,\"b\"\r\nc","id_2":""}""", """{"id":"","na\"me":"grün","id_2":""}""",
                "{\"base64\":\"MSwy\"}", "{\"base64\":\"IngieSwyLDM=\"}", "{\"id\":\"9\",\"na\\\"me\":\"\\u0001\",\"id_2\":\"last\"}",
            ],
            outcome.Documents);
        Assert.Equal([(2L, "invalid_csv"), (3L, "invalid_csv")], outcome.Rejections.Select(r => (r.Seq, r.Rejection.Code)));
    }

    [Fact]
    public async Task Read_csv_a_quote_within_a_field_takes_no_other_line_with_it()
    {
        await using var server = await ApiServer.StartAsync(c => ApiServer.WriteAsync(c, "id,what\n1,5\" pipe\n2,\"a\"\"\n,\"\n3,6\"\" pipe\n4,\"\"\n", "text/csv"));
        Assert.Equal(
            ["""{"id":"1","what":"5\" pipe"}""", """{"id":"2","what":"a\"\n,"}""", """{"id":"3","what":"6\"\" pipe"}""", """{"id":"4","what":""}"""],
            (await ApiSource.ReadAsync(server.Url, One)).Documents);
    }

    [Fact]
    public async Task Read_csv_fields_are_apart_by_the_sources_delimiter()
    {
        await using var server = await ApiServer.StartAsync(c => ApiServer.WriteAsync(c, "a;b\n1,5;2\n", "text/plain"));
        Assert.Equal(["""{"a":"1,5","b":"2"}"""], (await ApiSource.ReadAsync(server.Url, """{"path":"/x","format":"csv","csv_delimiter":";"}""")).Documents);
    }

    [Fact]
    public async Task Read_streamed_pages_follow_one_another_too()
    {
        await using var server = await ApiServer.StartAsync(c => ApiServer.WriteAsync(c, c.Request.Query["page"].ToString() switch { "1" => "a\n1\n2\n", "2" => "a\n3\n", _ => "a\n" }, "text/csv"));
        Assert.Equal(["""{"a":"1"}""", """{"a":"2"}""", """{"a":"3"}"""], (await ApiSource.ReadAsync(server.Url, """{"path":"/x","pagination":{"type":"page"}}""")).Documents);
        Assert.Equal(3, server.Asked.Count);
    }

    [Theory]
    [InlineData("<html>"), InlineData(""), InlineData("[1"), InlineData("[1] x"), InlineData("{\"a\":}")]
    public async Task Read_what_is_no_json_fails(string body)
    {
        await using var server = await ApiServer.JsonAsync(_ => body);
        Assert.Equal("errors.api.body", (await ApiSource.FailureAsync(server.Url, One)).MessageKey);
    }

    public static class Documents
    {
        public static Arbitrary<string[]> Arrays() => Gen.ArrayOf(JsonGenerators.Document).ToArbitrary();
    }
}
