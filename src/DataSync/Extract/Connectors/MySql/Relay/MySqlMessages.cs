namespace DataSync.Extract.Connectors.MySql.Relay;

/// <summary>Follows the lengths of what a server sends. A message is one row, or one of whatever else there is; a full packet says that it goes on in the next.</summary>
/// <param name="most">Bytes of a message at most.</param>
internal sealed class MySqlMessages(long most)
{
    private const int LengthBytes = 3, HeadBytes = 4, FullPacket = 0xFFFFFF;
    private int _headBytes, _length, _left;
    private long _message;

    /// <summary>False once a message says that it is larger than it may be.</summary>
    /// <param name="bytes">What comes next, wherever it begins and ends.</param>
    public bool Pass(ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length > 0)
        {
            if (_left > 0)
            {
                var within = Math.Min(_left, bytes.Length);
                _left -= within;
                bytes = bytes[within..];
                continue;
            }

            if (_headBytes < LengthBytes) _length |= bytes[0] << (8 * _headBytes);
            bytes = bytes[1..];
            if (++_headBytes < HeadBytes) continue;
            if ((_message += _length) > most) return false;
            if (_length < FullPacket) _message = 0;
            (_left, _length, _headBytes) = (_length, 0, 0);
        }

        return true;
    }
}
