using System.Buffers.Binary;
using System.Text;

namespace DataSync.Faults.Wire;

/// <summary>Finds messages in one direction of a PostgreSQL connection (protocol 3, no TLS), however the bytes are cut into pieces.</summary>
/// <param name="untyped">How the direction begins: true for a client's, whose first messages bear no type.</param>
internal sealed class MessageScanner(bool untyped)
{
    private const int Kept = 64, SslRequest = 80877103, GssRequest = 80877104;
    private readonly byte[] _head = new byte[5 + Kept];
    private bool _untyped = untyped;
    private int _headLength;
    private long _bodyLeft;
    private bool _inBody;

    /// <summary>Bytes at which the server answers with one byte and not with a message.</summary>
    public bool AsksForEncryption { get; private set; }

    /// <summary>
    /// Reads on until a message ends for which <paramref name="wanted"/> holds; how many bytes were read up to there, or -1 where all were read and none
    /// did. A message is known by its type (0 for one without) and by the beginning of its body.
    /// </summary>
    public int Scan(ReadOnlySpan<byte> bytes, Func<char, string, bool> wanted)
    {
        for (var at = 0; at < bytes.Length;)
        {
            at += _inBody ? ReadBody(bytes[at..]) : ReadHead(bytes[at..]);
            if (_inBody && _bodyLeft == 0 && End() is var (type, text) && wanted(type, text)) return at;
        }

        return -1;
    }

    private int Prefix => _untyped ? 4 : 5;

    private int ReadHead(ReadOnlySpan<byte> bytes)
    {
        var taken = Math.Min(Prefix - _headLength, bytes.Length);
        bytes[..taken].CopyTo(_head.AsSpan(_headLength));
        _headLength += taken;
        if (_headLength < Prefix) return taken;
        _bodyLeft = BinaryPrimitives.ReadInt32BigEndian(_head.AsSpan(Prefix - 4)) - 4;
        _inBody = true;
        return taken;
    }

    private int ReadBody(ReadOnlySpan<byte> bytes)
    {
        var taken = (int)Math.Min(_bodyLeft, bytes.Length);
        var kept = Math.Min(taken, Prefix + Kept - _headLength);
        bytes[..kept].CopyTo(_head.AsSpan(_headLength));
        _headLength += kept;
        _bodyLeft -= taken;
        return taken;
    }

    private (char Type, string Text) End()
    {
        var body = _head.AsSpan(Prefix, _headLength - Prefix);
        var type = _untyped ? '\0' : (char)_head[0];
        AsksForEncryption = _untyped && body.Length == 4 && BinaryPrimitives.ReadInt32BigEndian(body) is SslRequest or GssRequest;
        if (_untyped && !AsksForEncryption) _untyped = false;
        var text = Encoding.Latin1.GetString(body);
        (_headLength, _inBody) = (0, false);
        return (type, text);
    }
}
