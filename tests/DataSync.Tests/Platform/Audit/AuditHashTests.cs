using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using DataSync.Platform.Audit;
using DataSync.Platform.Audit.Chain;

namespace DataSync.Tests.Platform.Audit;

/// <summary>The published format: a change of it would break every chain there is.</summary>
public sealed class AuditHashTests
{
    [Fact]
    public void Canonical_bytes_are_those_of_the_documentation()
    {
        using var bytes = new MemoryStream();
        var entry = Entry();
        entry.Salt = [.. Enumerable.Range(1, 16).Select(i => (byte)i)];
        bytes.Write("datasync-audit-words/1"u8);
        bytes.Write(entry.Salt);
        foreach (var field in (string?[])["älice", null, "orders-db", "{}"]) Text(field);
        var words = SHA256.HashData(bytes.ToArray());
        entry.Digest = AuditHash.OfWords(entry, new ArrayBufferWriter<byte>());
        Assert.Equal(words, entry.Digest);
        bytes.SetLength(0);
        bytes.Write("datasync-audit/1"u8);
        Text("acme");
        bytes.Write([0, 0, 0, 0, 0, 0, 0, 7]);
        bytes.Write(BitConverter.GetBytes(1_767_225_600_000_001L).Reverse().ToArray());
        foreach (var field in (string?[])["user", "source.delete", "source", "succeeded", "c0"]) Text(field);
        bytes.Write(words);
        var previous = Enumerable.Range(0, 32).Select(i => (byte)i).ToArray();
        bytes.Write(previous);
        Assert.Equal(SHA256.HashData(bytes.ToArray()), AuditHash.Of(entry, 7, previous, new ArrayBufferWriter<byte>()));

        void Text(string? text)
        {
            var utf8 = text is null ? [] : Encoding.UTF8.GetBytes(text);
            bytes.Write(text is null ? [0xff, 0xff, 0xff, 0xff] : [0, 0, 0, (byte)utf8.Length]);
            bytes.Write(utf8);
        }
    }

    [Fact]
    public void Fields_that_move_into_their_neighbours_make_another_hash()
    {
        var (one, other) = (Entry(), Entry());
        (one.Action, one.TargetKind) = ("ab", "c");
        (other.Action, other.TargetKind) = ("a", "bc");
        Assert.NotEqual(Hash(one), Hash(other));
        Assert.Equal(Words(one), Words(other));
        (one.Client, other.Client) = ("", null);
        Assert.NotEqual(Words(one), Words(other));
        (one.Actor, other.Actor) = ("ab", "a");
        (one.Client, other.Client) = ("c", "bc");
        Assert.NotEqual(Words(one), Words(other));
        other.Salt = [1, .. one.Salt![1..]];
        (other.Actor, other.Client) = ("ab", "c");
        Assert.NotEqual(Words(one), Words(other));
    }

    [Theory]
    [InlineData("alice", "alice")]
    [InlineData("a\0b", "a�b")]
    [InlineData("abcdefgh\U0001f600", "abcdefgh")]
    [InlineData("abcdefg\U0001f600", "abcdefg\U0001f600")]
    public void Text_from_outside_fits(string given, string kept) => Assert.Equal(kept, AuditText.Of(given, 9));

    [Fact]
    public void Half_a_pair_is_replaced() => Assert.Equal("a\ufffdb", AuditText.Of("a\ud800b", 9));

    private static byte[] Words(AuditEntry entry) => AuditHash.OfWords(entry, new ArrayBufferWriter<byte>());

    private static byte[] Hash(AuditEntry entry) => AuditHash.Of(entry, 1, AuditHash.None, new ArrayBufferWriter<byte>());

    private static PendingAuditEntry Entry() => new()
    {
        TenantId = "acme",
        Time = DateTimeOffset.UnixEpoch.AddTicks(17_672_256_000_000_010),
        ActorKind = AuditActor.User,
        Actor = "älice",
        Action = "source.delete",
        TargetKind = "source",
        Target = "orders-db",
        CorrelationId = "c0",
        Salt = new byte[16],
        Digest = new byte[32],
    };
}
