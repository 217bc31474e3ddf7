using System.Text.Json;
using DataSync.Pipeline.Failures;
using DataSync.Platform.Caching;
using DataSync.Refine.Rules;

namespace DataSync.Tests.Platform.Caching;

/// <summary>What is compiled from a tenant's text, and kept.</summary>
public sealed class MadeOfTests : IAsyncDisposable
{
    private const string Text = """[{"id":"r1","then":[{"tag":"seen"}]}]""";

    private readonly ConfigurationCache _cache = MemoryOnlyCache.New();

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task MadeOf_the_same_text_is_one_object_for_a_tenant_and_another_for_the_next()
    {
        var first = await RulesAsync("a", Text);
        Assert.Single(first.Rules);
        Assert.Same(first, await RulesAsync("a", Text));
        Assert.NotSame(first, await RulesAsync("b", Text));
        Assert.NotSame(first, await RulesAsync("a", Text + " "));
    }

    [Fact]
    public async Task MadeOf_a_text_too_long_is_made_each_time()
    {
        var text = Text + new string(' ', ConfigurationCache.MaxEntryBytes / 8);
        Assert.NotSame(await RulesAsync("a", text), await RulesAsync("a", text));
    }

    [Fact]
    public async Task MadeOf_what_cannot_be_made_throws_each_time_and_keeps_nothing()
    {
        for (var i = 0; i < 2; i++)
            Assert.NotEmpty((await Assert.ThrowsAsync<SyncFailureException>(async () => await RulesAsync("a", """[{"id":"r1"}]"""))).Faults);
    }

    [Fact]
    public async Task MadeOf_many_texts_keeps_a_bounded_number()
    {
        var long30K = new string(' ', 30_000);
        var most = (int)(ConfigurationCache.Capacity / (long30K.Length * 8));
        var made = 0;
        for (var round = 0; round < 2; round++)
        {
            for (var i = 0; i < 2 * most; i++)
                await _cache.MadeOfAsync("rules", "a", $"{i}{long30K}", () => { made++; return new CompiledRules([]); }, Ct);
        }

        Assert.InRange(made, 3 * most, 4 * most); // of 2·most texts asked for again, at most `most` were there
    }

    public ValueTask DisposeAsync() => _cache.DisposeAsync();

    private ValueTask<CompiledRules> RulesAsync(string tenant, string text) => _cache.MadeOfAsync("rules", tenant, text, () => CompiledRules.Of(JsonElement.Parse(text)), Ct);
}
