using System.Buffers.Text;
using System.Net;
using DataSync.Pipeline;

namespace DataSync.Extract.Connectors.Postgres.Wire;

/// <summary>
/// inet and cidr, as the server prints them: without the mask where an inet is a single host. (A cast to text would add it, so the
/// server is not asked.)
/// </summary>
internal sealed class AddressFormat : WireFormat
{
    private const int HeaderLength = 4, LongestText = 64;

    public override string JsonType => "string";

    public override void Write(ReadOnlySpan<byte> wire, RecordBuffer to)
    {
        var bits = wire[1];
        var isCidr = wire[2] != 0;
        var address = wire.Slice(HeaderLength, wire[3]);
        var room = to.GetSpan(LongestText);
        room[0] = (byte)'"';
        new IPAddress(address).TryFormat(room[1..], out var written);
        written++;
        if (isCidr || bits != address.Length * 8)
        {
            room[written++] = (byte)'/';
            Utf8Formatter.TryFormat(bits, room[written..], out var digits);
            written += digits;
        }

        room[written++] = (byte)'"';
        to.Advance(written);
    }
}
