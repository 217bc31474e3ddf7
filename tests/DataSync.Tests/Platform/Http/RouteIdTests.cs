using System.Buffers.Text;
using System.Text;
using DataSync.Platform.Http.Requests;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;

namespace DataSync.Tests.Platform.Http;

public sealed class RouteIdTests(ApiHost host) : IClassFixture<ApiHost>
{
    public static TheoryData<string> Ids =>
    [
        "orders-db", "a", "a/b", "a%2Fb", "a%252Fb", ".", "..", "...", "~", "~abc", "a\\b", "a b", "a+b", "a?b#c", "数据源", "😀", "é", "e\u0301", "a;b", "\u0001", "\u202Eabc", "//",
        "%", "%zz", "a=b&c", "'\"<>", "\uFEFF", "who",
    ];

    [Theory]
    [MemberData(nameof(Ids))]
    public async Task Id_reaches_the_handler_as_it_is_in_both_forms(string id)
    {
        var encoded = await GetAsync(UrlId.Encode(id));
        var base64 = await GetAsync("~" + Base64Url.EncodeToString(Encoding.UTF8.GetBytes(id)));

        Assert.Equal(id, encoded);
        Assert.Equal(id, base64);
    }

    [Theory]
    [InlineData("a%2Fb", "a/b")]
    [InlineData("a%252Fb", "a%2Fb")]
    [InlineData("%7EYQ", "a")]
    [InlineData("a+b", "a+b")]
    public async Task Segment_is_read_from_the_raw_target(string segment, string id) => Assert.Equal(id, await GetAsync(segment));

    [Fact]
    public async Task Two_ids_in_one_path_do_not_mix()
    {
        var raw = await host.RawAsync($"GET /api/samples/a%2Fparts%2Fb/parts/c%2Fd?x HTTP/1.1\r\nHost: a\r\nConnection: close\r\nAuthorization: Bearer {host.Token()}\r\n\r\n");
        var good = await host.RawAsync($"GET /api/samples/a%2Fparts%2Fb/parts/c%2Fd HTTP/1.1\r\nHost: a\r\nConnection: close\r\nAuthorization: Bearer {host.Token()}\r\n\r\n");

        Assert.Contains("query/x", raw, StringComparison.Ordinal);
        Assert.Contains("[\"a/parts/b\",\"c/d\"]", good, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Absolute_target_is_read_too()
    {
        var raw = await host.RawAsync($"GET http://a/api/samples/x%20y HTTP/1.1\r\nHost: a\r\nConnection: close\r\nAuthorization: Bearer {host.Token()}\r\n\r\n");

        Assert.Contains("x y", raw, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("%ff", "faults.id_encoding")]
    [InlineData("%c3%28", "faults.id_encoding")]
    [InlineData("%ed%a0%80", "faults.id_encoding")]
    [InlineData("a%2", "faults.id_encoding")]
    [InlineData("~AA", "faults.nul")]
    [InlineData("~", "faults.id_length")]
    [InlineData("~!", "faults.id_encoding")]
    [InlineData("~YQ==", "faults.id_encoding")]
    [InlineData("~YR", "faults.id_encoding")]
    [InlineData("~_w", "faults.id_encoding")]
    public async Task Wrong_segment_is_a_fault(string segment, string key)
    {
        var raw = await host.RawAsync($"GET /api/samples/{segment} HTTP/1.1\r\nHost: a\r\nConnection: close\r\nAuthorization: Bearer {host.Token()}\r\n\r\n");

        Assert.StartsWith("HTTP/1.1 422", raw, StringComparison.Ordinal);
        Assert.Contains(key, raw, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Longest_id_fits_and_one_more_code_point_does_not()
    {
        var id = string.Concat(Enumerable.Repeat("😀", 255));

        Assert.Equal(id, await GetAsync(UrlId.Encode(id)));
        Assert.Equal(422, (await host.GetAsync($"/api/samples/{UrlId.Encode(id + "a")}", host.Token())).Status);
    }

    [Property(MaxTest = 500)]
    public Property Every_valid_id_comes_back_from_its_segment()
        => Prop.ForAll(Gen.ArrayOf(Gen.OneOf(Gen.Choose(1, 0xD7FF), Gen.Choose(0xE000, 0x10FFFF), Gen.Elements('~' + 0, '.', '/', '%'))).Where(a => a.Length is > 0 and <= 255).ToArbitrary(), runes =>
        {
            var id = string.Concat(runes.Select(char.ConvertFromUtf32));
            var segment = UrlId.Encode(id);
            return UrlId.TryDecode(segment, out var back, out _) && back == id && segment is not ("." or "..") && !segment.Contains('/', StringComparison.Ordinal)
                && UrlId.TryDecode("~" + Base64Url.EncodeToString(Encoding.UTF8.GetBytes(id)), out var other, out _) && other == id;
        });

    private async Task<string?> GetAsync(string segment)
    {
        var raw = await host.RawAsync($"GET /api/samples/{segment} HTTP/1.0\r\nHost: a\r\nAuthorization: Bearer {host.Token()}\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 200", raw, StringComparison.Ordinal);
        var from = raw.IndexOf("{\"id\"", StringComparison.Ordinal);
        return System.Text.Json.JsonElement.Parse(raw[from..(raw.LastIndexOf('}') + 1)]).GetProperty("id").GetString();
    }
}
