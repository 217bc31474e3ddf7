using DataSync.Platform.Caching;
using FsCheck.Xunit;

namespace DataSync.Tests.Platform.Caching;

public sealed class CacheKeyTests
{
    [Property(MaxTest = 500)]
    public bool Of_different_parts_differs(string tenant, string id, string otherTenant, string otherId, long generation)
    {
        var (t, i, ot, oi) = (tenant ?? "", id ?? "", otherTenant ?? "", otherId ?? "");
        return (t == ot && i == oi) == (CacheKey.Of("source", t, generation, i) == CacheKey.Of("source", ot, generation, oi))
            && CacheKey.Of("source", t, generation, i) != CacheKey.Of("source", t, generation + 1, i)
            && CacheKey.Of("source", t, generation, i) != CacheKey.Of("rules", t, generation, i);
    }

    /// <summary>What an encoding, a separator or a normalisation would make one of two.</summary>
    [Theory]
    [InlineData("ab", "c", "a", "bc")]
    [InlineData("a:b", "c", "a", "b:c")]
    [InlineData("a\0", "b", "a", "\0b")]
    [InlineData("\u00e9", "s", "e\u0301", "s")]
    [InlineData("A", "s", "a", "s")]
    [InlineData("a ", "s", "a", "s")]
    [InlineData("", "ab", "ab", "")]
    public void Of_ids_that_look_alike_differs(string tenant, string id, string otherTenant, string otherId)
        => Assert.NotEqual(CacheKey.Of("source", tenant, 5, id), CacheKey.Of("source", otherTenant, 5, otherId));

    [Fact]
    public void Of_broken_texts_differs_as_the_texts_do()
        => Assert.NotEqual(CacheKey.Of("source", new string('\ud800', 1), 5, "s"), CacheKey.Of("source", new string('\ud801', 1), 5, "s"));

    [Fact]
    public void Of_the_longest_ids_is_short_and_shows_nothing_of_them()
    {
        var id = string.Concat(Enumerable.Repeat("\U0001F600", 255));
        var key = CacheKey.Of("source", id, long.MaxValue, id);
        Assert.Matches("^datasync:source:[0-9a-f]{64}$", key);
    }
}
