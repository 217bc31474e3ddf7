using DataSync.Export.Coco;

namespace DataSync.Tests.Export.Coco;

public class CocoCategoriesTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task KnowAsync_asks_for_each_name_once_and_for_none_that_is_configured()
    {
        List<string> asked = [];
        var categories = new CocoCategories([new CocoCategory("cat")], (names, _) =>
        {
            asked.AddRange(names);
            return Task.FromResult<IReadOnlyList<int>?>([.. names.Select(n => n.Length)]);
        });
        await categories.KnowAsync(["dog", "cat", "bird", "dog"], Ct);
        await categories.KnowAsync(["bird", "cat"], Ct);
        Assert.Equal(["dog", "bird"], asked);
        Assert.Equal([1, 4, 5], ((string[])["cat", "dog", "bird"]).Select(categories.IdOf));
    }

    [Fact]
    public async Task KnowAsync_numbers_by_appearance_behind_all_others_once_the_source_has_no_numbers()
    {
        var source = true;
        var categories = new CocoCategories([], (names, _) => Task.FromResult<IReadOnlyList<int>?>(source ? [.. names.Select(_ => 7)] : null));
        await categories.KnowAsync(["cat"], Ct);
        source = false;
        await categories.KnowAsync(["dog", "bird"], Ct);
        Assert.Equal([7, 8, 9], ((string[])["cat", "dog", "bird"]).Select(categories.IdOf));
    }

    [Fact]
    public async Task KnowAsync_gives_no_id_twice_where_the_source_was_made_again_meanwhile()
    {
        var categories = new CocoCategories([], static (names, _) => Task.FromResult<IReadOnlyList<int>?>([.. names.Select((_, i) => i + 1)]));
        await categories.KnowAsync(["cat", "dog"], Ct);
        await categories.KnowAsync(["bird", "ant", "bee"], Ct);
        Assert.Equal([1, 2, 3, 4, 5], ((string[])["cat", "dog", "bird", "ant", "bee"]).Select(categories.IdOf).Order());
    }
}
