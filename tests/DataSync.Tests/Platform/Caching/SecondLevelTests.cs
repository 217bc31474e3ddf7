using DataSync.Platform.Caching;
using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.Caching.Memory;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;

namespace DataSync.Tests.Platform.Caching;

public sealed class SecondLevelTests
{
    private static readonly byte[] Old = [.. Enumerable.Repeat((byte)1, 32)];
    private static readonly byte[] New = [.. Enumerable.Repeat((byte)2, 32)];
    private readonly MemoryDistributedCache _redis = new(Options.Create(new MemoryDistributedCacheOptions()));
    private readonly FakeTimeProvider _time = new();

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Get_gives_what_any_of_the_master_keys_signed_and_nothing_else()
    {
        await Level(Old).SetAsync("k", [1, 2, 3], new DistributedCacheEntryOptions(), Ct);
        Assert.Equal([1, 2, 3], await Level(Old).GetAsync("k", Ct));
        Assert.Equal([1, 2, 3], await Level(New, Old).GetAsync("k", Ct));
        Assert.Null(await Level(New).GetAsync("k", Ct));
    }

    [Fact]
    public async Task Get_refuses_what_another_hand_changed_cut_moved_or_made()
    {
        await Level(Old).SetAsync("k", [1, 2, 3], new DistributedCacheEntryOptions(), Ct);
        var stored = (await _redis.GetAsync("k", Ct))!;
        for (var i = 0; i < stored.Length; i++)
        {
            var changed = stored.ToArray();
            changed[i] ^= 1;
            await _redis.SetAsync("k", changed, Ct);
            Assert.Null(await Level(Old).GetAsync("k", Ct));
            await _redis.SetAsync("k", stored[..i], Ct);
            Assert.Null(await Level(Old).GetAsync("k", Ct));
        }

        await _redis.SetAsync("another", stored, Ct);
        Assert.Null(await Level(Old).GetAsync("another", Ct));
        await _redis.SetAsync("k", stored, Ct);
        Assert.NotNull(await Level(Old).GetAsync("k", Ct));
    }

    [Fact]
    public async Task Failure_is_a_miss_and_nobody_asks_again_for_a_while()
    {
        var broken = new BrokenCache();
        var level = new SecondLevel(broken, [Old], _time, NullLogger<SecondLevel>.Instance);
        Assert.Null(await level.GetAsync("k", Ct));
        await level.SetAsync("k", [1], new DistributedCacheEntryOptions(), Ct);
        await level.RemoveAsync("k", Ct);
        Assert.Equal(1, broken.Asked);
        _time.Advance(SecondLevel.Pause);
        Assert.Null(await level.GetAsync("k", Ct));
        Assert.Equal(2, broken.Asked);
    }

    [Fact]
    public async Task Answer_that_does_not_come_is_not_waited_for()
    {
        var level = new SecondLevel(new BrokenCache { Answer = new TaskCompletionSource<byte[]?>().Task }, [Old], _time, NullLogger<SecondLevel>.Instance);
        var asked = level.GetAsync("k", Ct);
        Assert.False(asked.IsCompleted);
        _time.Advance(SecondLevel.Patience);
        Assert.Null(await asked.WaitAsync(TimeSpan.FromSeconds(10), Ct));
    }

    private SecondLevel Level(params byte[][] keys) => new(_redis, keys, _time, NullLogger<SecondLevel>.Instance);

    private sealed class BrokenCache : IDistributedCache
    {
        public int Asked { get; private set; }

        public Task<byte[]?> Answer { get; init; } = Task.FromException<byte[]?>(new IOException("gone"));

        public Task<byte[]?> GetAsync(string key, CancellationToken token = default)
        {
            Asked++;
            return Answer;
        }

        public Task SetAsync(string key, byte[] value, DistributedCacheEntryOptions options, CancellationToken token = default) => GetAsync(key, token);

        public Task RemoveAsync(string key, CancellationToken token = default) => GetAsync(key, token);

        public Task RefreshAsync(string key, CancellationToken token = default) => GetAsync(key, token);

        public byte[]? Get(string key) => throw new NotSupportedException();

        public void Set(string key, byte[] value, DistributedCacheEntryOptions options) => throw new NotSupportedException();

        public void Remove(string key) => throw new NotSupportedException();

        public void Refresh(string key) => throw new NotSupportedException();
    }
}
