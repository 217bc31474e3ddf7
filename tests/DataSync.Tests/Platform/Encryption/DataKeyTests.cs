using System.Security.Cryptography;
using System.Text;
using DataSync.Platform.Encryption;

namespace DataSync.Tests.Platform.Encryption;

public sealed class DataKeyTests
{
    private static readonly SealedPlace Place = new("tenant", "source", "orders", "password", 3, "binding");
    private static readonly byte[] Secret = Encoding.UTF8.GetBytes("s3cret 密码");

    public static TheoryData<string> Places => ["tenant", "kind", "owner", "field", "version", "binding"];

    [Fact]
    public void TryOpen_what_was_sealed_comes_back()
    {
        using var key = DataKey.Random(1);
        Assert.True(key.TryOpen(key.Seal(Secret, Place), Place, out var plain));
        Assert.Equal(Secret, plain);
    }

    [Fact]
    public void Seal_the_same_twice_differs()
    {
        using var key = DataKey.Random(1);
        Assert.NotEqual(key.Seal(Secret, Place), key.Seal(Secret, Place));
    }

    [Theory]
    [MemberData(nameof(Places))]
    public void TryOpen_in_another_place_is_refused(string changed)
    {
        using var key = DataKey.Random(1);
        var elsewhere = changed switch
        {
            "tenant" => Place with { TenantId = "other" },
            "kind" => Place with { Kind = "job" },
            "owner" => Place with { OwnerId = "other" },
            "field" => Place with { Field = "token" },
            "version" => Place with { Version = 2 },
            _ => Place with { Binding = "other" },
        };
        Assert.False(key.TryOpen(key.Seal(Secret, Place), elsewhere, out _));
    }

    [Fact]
    public void TryOpen_with_any_bit_flipped_is_refused()
    {
        using var key = DataKey.Random(0x01020304);
        var value = key.Seal(Secret, Place);
        for (var bit = 0; bit < value.Length * 8; bit++)
        {
            var flipped = value.ToArray();
            flipped[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.False(key.TryOpen(flipped, Place, out _), $"bit {bit}");
        }
    }

    [Fact]
    public void TryOpen_of_every_shorter_or_longer_value_is_refused()
    {
        using var key = DataKey.Random(1);
        var value = key.Seal(Secret, Place);
        for (var length = 0; length < value.Length; length++) Assert.False(key.TryOpen(value.AsSpan(0, length), Place, out _));
        Assert.False(key.TryOpen([.. value, 0], Place, out _));
    }

    [Fact]
    public void TryOpen_with_another_key_of_the_same_id_is_refused()
    {
        using var key = DataKey.Random(1);
        using var other = DataKey.Random(1);
        Assert.False(other.TryOpen(key.Seal(Secret, Place), Place, out _));
    }

    [Fact]
    public void Dispose_zeroes_the_key_and_leaves_copies_alone()
    {
        var key = DataKey.Random(1);
        using var copy = key.Copy();
        key.Dispose();
        Assert.True(key.Bytes.Span.IndexOfAnyExcept((byte)0) < 0);
        Assert.True(copy.Bytes.Span.IndexOfAnyExcept((byte)0) >= 0);
    }

    [Fact]
    public async Task UnwrapAsync_for_another_tenant_or_key_is_refused()
    {
        var ct = TestContext.Current.CancellationToken;
        var ring = new MasterKeyRing([new MasterKey("m", RandomNumberGenerator.GetBytes(32))]);
        using var key = DataKey.Random(1);
        var wrapped = await ring.WrapAsync(key.Bytes, AssociatedData.Of("k", "tenant", "1"), ct);
        var into = new byte[32];
        await ring.UnwrapAsync("m", wrapped, AssociatedData.Of("k", "tenant", "1"), into, ct);
        Assert.Equal(key.Bytes.ToArray(), into);
        foreach (var context in new[] { AssociatedData.Of("k", "other", "1"), AssociatedData.Of("k", "tenant", "2"), AssociatedData.Of("k", "tenan", "t1") })
            await Assert.ThrowsAnyAsync<CryptographicException>(() => ring.UnwrapAsync("m", wrapped, context, into, ct).AsTask());
        await Assert.ThrowsAnyAsync<CryptographicException>(() => ring.UnwrapAsync("x", wrapped, AssociatedData.Of("k", "tenant", "1"), into, ct).AsTask());
    }

    [Fact]
    public void AssociatedData_of_parts_cut_elsewhere_differs()
    {
        Assert.NotEqual(AssociatedData.Of("p", "ab", "c"), AssociatedData.Of("p", "a", "bc"));
        Assert.NotEqual(AssociatedData.Of("p", "a", ""), AssociatedData.Of("p", "a"));
        Assert.Throws<EncoderFallbackException>(() => AssociatedData.Of("p", "\ud800"));
    }
}
