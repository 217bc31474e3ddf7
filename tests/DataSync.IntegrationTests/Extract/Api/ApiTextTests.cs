using DataSync.IntegrationTests.Extract.Incremental;

namespace DataSync.IntegrationTests.Extract.Api;

/// <summary>JSON may escape half of a surrogate pair, which is no text. Wherever that stands, it is a clear error or no matter, and never the end of the pages.</summary>
public sealed class ApiTextTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("""{"items":[1],"next":"\ud800"}""", """ "pagination":{"type":"cursor","path":"next"} """)]
    [InlineData("""{"items":[1],"next":"/x?at=\ud800"}""", """ "pagination":{"type":"next_url","path":"next"} """)]
    [InlineData("""{"items":[1],"next":"a","more":"\ud800"}""", """ "pagination":{"type":"cursor","path":"next","has_more_path":"more"} """)]
    [InlineData("""{"items":[1],"error":"\ud800"}""", """ "responses":[{"path":"error","equals":"busy","then":"retry"}] """)]
    [InlineData("""{"items":[1],"ite\ud800":2}""", """ "pagination":{"type":"none"} """)]
    public async Task Read_half_a_surrogate_pair_where_it_is_looked_at_is_a_clear_error(string body, string more)
    {
        await using var server = await ApiServer.JsonAsync(_ => body);
        var failure = await ApiSource.FailureAsync(server.Url, $$"""{"path":"/x","records_path":"items",{{more}}}""");
        Assert.Equal(("errors.api.body", 1), (failure.MessageKey, server.Asked.Count));
    }

    [Fact]
    public async Task Incremental_a_record_with_half_a_surrogate_pair_in_a_name_or_its_cursor_is_delivered_once()
    {
        await using var server = await ApiServer.JsonAsync(_ => """[{"a\ud800":1,"at":5},{"at":"\ud800"},{"at":7}]""");
        using var connector = ApiSource.Connector();
        foreach (var order in (string[])["auto", "text"])
        {
            var source = new IncrementalSource(connector, ApiSource.Connection(server.Url), $$"""{"path":"/x","cursor_field":"at","cursor_order":"{{order}}"}""");
            Assert.Equal(3, (await source.SyncAsync(Ct)).Count);
            Assert.Empty(await source.SyncAsync(Ct));
        }
    }
}
