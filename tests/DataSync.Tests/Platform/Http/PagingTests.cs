using DataSync.Platform.Http.Paging;
using DataSync.Platform.Http.Security;

namespace DataSync.Tests.Platform.Http;

public sealed class PagingTests(ApiHost host) : IClassFixture<ApiHost>
{
    [Theory]
    [InlineData("", 3)]
    [InlineData("page_size=250", 1)]
    [InlineData("page_size=249", 2)]
    [InlineData("page_size=1000", 1)]
    [InlineData("page_size=83", 4)]
    public async Task Pages_hold_every_item_once(string query, int pages)
    {
        List<int> items = [];
        string? cursor = null;
        var count = 0;
        do
        {
            var answer = await host.GetAsync($"/api/samples?{query}{(cursor is null ? "" : $"&cursor={cursor}")}", host.Token());
            items.AddRange(answer.Json.GetProperty("items").EnumerateArray().Select(i => i.GetInt32()));
            cursor = answer.Json.GetProperty("next_cursor").GetString();
            count++;
        }
        while (cursor is not null);

        Assert.Equal(Enumerable.Range(1, 250), items);
        Assert.Equal(pages, count);
    }

    [Theory]
    [InlineData("page_size=0", "query/page_size faults.integer")]
    [InlineData("page_size=1001", "query/page_size faults.integer")]
    [InlineData("page_size=-1", "query/page_size faults.integer")]
    [InlineData("page_size=1.0", "query/page_size faults.integer")]
    [InlineData("page_size=99999999999999999999", "query/page_size faults.integer")]
    [InlineData("page_size=", "query/page_size faults.integer")]
    [InlineData("page_size=1&page_size=2", "query/page_size faults.duplicate")]
    [InlineData("cursor=", "query/cursor faults.cursor")]
    [InlineData("cursor=abc", "query/cursor faults.cursor")]
    [InlineData("cursor=%00", "query/cursor faults.cursor")]
    [InlineData("status=done", "query/status faults.one_of")]
    [InlineData("Status=queued", "query/Status faults.unknown")]
    [InlineData("offset=5", "query/offset faults.unknown")]
    public async Task Wrong_query_is_a_fault(string query, string fault)
    {
        var answer = await host.GetAsync($"/api/samples?{query}", host.Token());

        Assert.Equal(422, answer.Status);
        Assert.Equal([fault], answer.Faults);
    }

    [Fact]
    public async Task Cursor_is_of_no_use_to_another_tenant_or_on_another_list()
    {
        var cursor = (await host.GetAsync("/api/samples?page_size=1", host.Token())).Json.GetProperty("next_cursor").GetString();

        Assert.Equal(200, (await host.GetAsync($"/api/samples?cursor={cursor}", host.Token())).Status);
        Assert.Equal(422, (await host.GetAsync($"/api/samples?cursor={cursor}", host.Token(tenant: "other"))).Status);
        Assert.Equal(422, (await host.GetAsync($"/api/samples?cursor={cursor}&status=queued", host.Token())).Status);
    }

    [Fact]
    public void Cursor_with_any_bit_changed_is_refused()
    {
        var codec = new CursorCodec(new DerivedKeys([new byte[32]]));
        var cursor = codec.Write("t", "l", ["a", "b"]);
        var bytes = System.Buffers.Text.Base64Url.DecodeFromChars(cursor);

        Assert.Equal(["a", "b"], codec.Read("t", "l", cursor)!);
        for (var bit = 0; bit < bytes.Length * 8; bit++)
        {
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.Null(codec.Read("t", "l", System.Buffers.Text.Base64Url.EncodeToString(bytes)));
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
        }
    }

    [Fact]
    public void Cursor_outlives_the_rotation_of_the_master_key_until_the_old_key_goes()
    {
        byte[] old = [.. Enumerable.Repeat((byte)1, 32)], fresh = [.. Enumerable.Repeat((byte)2, 32)];
        var cursor = new CursorCodec(new DerivedKeys([old])).Write("t", "l", ["a"]);

        Assert.Equal(["a"], new CursorCodec(new DerivedKeys([fresh, old])).Read("t", "l", cursor)!);
        Assert.Null(new CursorCodec(new DerivedKeys([fresh])).Read("t", "l", cursor));
    }
}
