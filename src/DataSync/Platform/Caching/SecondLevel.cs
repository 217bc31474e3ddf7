using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.Logging;

namespace DataSync.Platform.Caching;

/// <summary>
/// Redis as nobody need mind it: it may be slow, away or changed by another hand. A failure is a miss, and for a while after it Redis is not asked at all.
/// Each value is signed together with its key, so who can write to Redis cannot hand us a source that sends credentials elsewhere.
/// </summary>
/// <param name="redis">What is behind.</param>
/// <param name="keys">Keys of the signature: the first signs, all are accepted.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">Told once of each time that Redis goes away.</param>
internal sealed partial class SecondLevel(IDistributedCache redis, IReadOnlyList<byte[]> keys, TimeProvider time, ILogger<SecondLevel> logger) : IDistributedCache
{
    public static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(750);
    public static readonly TimeSpan Pause = TimeSpan.FromSeconds(5);

    private long _pausedUntil;
    private int _away;

    public async Task<byte[]?> GetAsync(string key, CancellationToken token = default)
    {
        byte[]? stored = null;
        await TryAsync(async () => stored = await redis.GetAsync(key, token), token);
        return stored is null ? null : Verified(key, stored);
    }

    public Task SetAsync(string key, byte[] value, DistributedCacheEntryOptions options, CancellationToken token = default)
        => TryAsync(() => redis.SetAsync(key, [.. Signature(keys[0], key, value), .. value], options, token), token);

    public Task RemoveAsync(string key, CancellationToken token = default) => TryAsync(() => redis.RemoveAsync(key, token), token);

    public Task RefreshAsync(string key, CancellationToken token = default) => TryAsync(() => redis.RefreshAsync(key, token), token);

    public byte[]? Get(string key) => throw NotAsync();

    public void Set(string key, byte[] value, DistributedCacheEntryOptions options) => throw NotAsync();

    public void Remove(string key) => throw NotAsync();

    public void Refresh(string key) => throw NotAsync();

    private static NotSupportedException NotAsync() => new("Ask asynchronously.");

    private static byte[] Signature(byte[] secret, string key, ReadOnlySpan<byte> value)
    {
        using var hmac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, secret);
        var name = Encoding.UTF8.GetBytes(key);
        hmac.AppendData(BitConverter.GetBytes(name.Length));
        hmac.AppendData(name);
        hmac.AppendData(value);
        return hmac.GetHashAndReset();
    }

    private byte[]? Verified(string key, byte[] stored)
    {
        if (stored.Length >= HMACSHA256.HashSizeInBytes)
        {
            var signature = stored.AsSpan(0, HMACSHA256.HashSizeInBytes);
            var value = stored.AsSpan(HMACSHA256.HashSizeInBytes);
            foreach (var secret in keys)
            {
                if (CryptographicOperations.FixedTimeEquals(signature, Signature(secret, key, value))) return value.ToArray();
            }
        }

        Log.NotOurs(logger);
        return null;
    }

    private async Task TryAsync(Func<Task> work, CancellationToken ct)
    {
        if (time.GetTimestamp() < Volatile.Read(ref _pausedUntil)) return;
        try
        {
            await work().WaitAsync(Patience, time, ct);
            if (Interlocked.Exchange(ref _away, 0) == 1) Log.Back(logger);
        }
#pragma warning disable CA1031 // whatever Redis' client throws, the answer is in the database
        catch (Exception e) when (!ct.IsCancellationRequested)
#pragma warning restore CA1031
        {
            Volatile.Write(ref _pausedUntil, time.GetTimestamp() + (long)(Pause.TotalSeconds * time.TimestampFrequency));
            if (Interlocked.Exchange(ref _away, 1) == 0) Log.Away(logger, e.GetType().Name);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1702, LogLevel.Warning, "Redis does not answer ({Reason}); the configuration comes from memory and database until it does")]
        public static partial void Away(ILogger logger, string reason);

        [LoggerMessage(1703, LogLevel.Information, "Redis answers again")]
        public static partial void Back(ILogger logger);

        [LoggerMessage(1704, LogLevel.Warning, "A value in Redis is not signed by a master key of this process; it was not used")]
        public static partial void NotOurs(ILogger logger);
    }
}
