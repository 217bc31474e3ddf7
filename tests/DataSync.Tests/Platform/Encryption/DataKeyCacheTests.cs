using DataSync.Platform.Encryption;
using Microsoft.Extensions.Time.Testing;

namespace DataSync.Tests.Platform.Encryption;

public sealed class DataKeyCacheTests
{
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public void Find_gives_a_copy_that_outlives_the_cache()
    {
        using var key = DataKey.Random(1);
        DataKey found;
        using (var cache = new DataKeyCache(_time, 10))
        {
            cache.Keep("a", key);
            found = cache.Find("a", 1)!;
        }

        Assert.Equal(key.Bytes.ToArray(), found.Bytes.ToArray());
        found.Dispose();
    }

    [Fact]
    public void Find_for_another_tenant_or_key_finds_nothing()
    {
        using var cache = new DataKeyCache(_time, 10);
        using var key = DataKey.Random(1);
        cache.Keep("a", key);
        Assert.Null(cache.Find("b", 1));
        Assert.Null(cache.Find("a", 2));
    }

    [Fact]
    public void Time_alone_empties_it()
    {
        using var cache = new DataKeyCache(_time, 10);
        using var key = DataKey.Random(1);
        cache.Keep("a", key);
        _time.Advance(DataKeyCache.Lifetime - TimeSpan.FromSeconds(1));
        Assert.Equal(1, cache.Count);
        _time.Advance(DataKeyCache.Lifetime);
        Assert.Equal(0, cache.Count);
    }

    [Fact]
    public void Keep_more_than_it_holds_drops_the_oldest()
    {
        using var cache = new DataKeyCache(_time, 3);
        for (var i = 1; i <= 50; i++)
        {
            using var key = DataKey.Random(i);
            cache.Keep("a", key);
        }

        Assert.Equal(3, cache.Count);
        Assert.Null(cache.Find("a", 47));
        using var last = cache.Find("a", 50);
        Assert.NotNull(last);
    }

    [Fact]
    public void Keep_again_takes_the_newer_bytes_and_a_full_life()
    {
        using var cache = new DataKeyCache(_time, 3);
        using var old = DataKey.Random(1);
        using var renewed = DataKey.Random(1);
        cache.Keep("a", old);
        _time.Advance(DataKeyCache.Lifetime / 2);
        cache.Keep("a", renewed);
        _time.Advance(DataKeyCache.Lifetime / 2);
        using var found = cache.Find("a", 1);
        Assert.Equal(renewed.Bytes.ToArray(), found!.Bytes.ToArray());
    }
}
