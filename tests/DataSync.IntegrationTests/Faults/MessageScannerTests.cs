using System.Buffers.Binary;
using System.Text;
using DataSync.Faults.Wire;

namespace DataSync.IntegrationTests.Faults;

/// <summary>The rig's eye on the wire: were it to miss a COMMIT or to see one in a payload, the cuts would prove nothing.</summary>
public sealed class MessageScannerTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(7)]
    [InlineData(64)]
    [InlineData(1 << 20)]
    public void Scan_finds_each_commit_and_none_in_a_payload_however_the_bytes_are_cut(int piece)
    {
        byte[] stream =
        [
            .. Message(null, [0x04, 0xd2, 0x16, 0x2f]), // SSLRequest
            .. Message(null, [0, 3, 0, 0, .. "user\0x\0\0"u8]),
            .. Message('Q', "BEGIN\0"u8),
            .. Message('d', [.. Message('Q', "COMMIT\0"u8), .. new byte[9000], .. Message('Q', "COMMIT\0"u8)]),
            .. Message('c', []),
            .. Message('Q', "COMMIT TRANSACTION\0"u8),
            .. Message('S', []),
            .. Message('P', "name\0COMMIT\0\0\0"u8),
        ];
        var scanner = new MessageScanner(untyped: true);
        List<string> seen = [];
        for (var at = 0; at < stream.Length;)
        {
            var next = stream.AsSpan(at, Math.Min(piece, stream.Length - at));
            var end = scanner.Scan(next, (type, text) => scanner.AsksForEncryption || text.Contains("COMMIT", StringComparison.Ordinal) && type != 'd');
            if (end >= 0) seen.Add(scanner.AsksForEncryption ? "encryption?" : $"{at + end}");
            at += end < 0 ? next.Length : end;
        }

        var parse = stream.Length;
        var simple = parse - Message('P', "name\0COMMIT\0\0\0"u8).Length - Message('S', []).Length;
        Assert.Equal(["encryption?", $"{simple}", $"{parse}"], seen);
    }

    private static byte[] Message(char? type, ReadOnlySpan<byte> body)
    {
        var bytes = new byte[4 + body.Length];
        BinaryPrimitives.WriteInt32BigEndian(bytes, bytes.Length);
        body.CopyTo(bytes.AsSpan(4));
        return type is { } letter ? [.. Encoding.ASCII.GetBytes([letter]), .. bytes] : bytes;
    }
}
