using DataSync.Extract.Json;
using DataSync.Pipeline;

namespace DataSync.Extract.Connectors.Postgres.Wire;

/// <summary>json: the text as stored. Where it spans lines, the space between its tokens goes, so that a record stays one line; no value changes.</summary>
internal sealed class JsonFormat : WireFormat
{
    public override string JsonType => "any";

    public override void Write(ReadOnlySpan<byte> wire, RecordBuffer to)
    {
        // a line break can only stand between tokens: within a string JSON demands an escape
        if (wire.IndexOfAny((byte)'\n', (byte)'\r') < 0)
        {
            JsonText.WriteRaw(wire.Trim(" \t"u8), to);
            return;
        }

        var room = to.GetSpan(wire.Length);
        var written = 0;
        var inString = false;
        for (var i = 0; i < wire.Length; i++)
        {
            var value = wire[i];
            if (!inString && value is ((byte)' ' or (byte)'\t' or (byte)'\n' or (byte)'\r')) continue;
            if (value == (byte)'"') inString = !inString;
            room[written++] = value;
            if (inString && value == (byte)'\\') room[written++] = wire[++i];
        }

        to.Advance(written);
    }
}

/// <summary>jsonb: a version byte, then the server's own text of it.</summary>
internal sealed class JsonbFormat : WireFormat
{
    public override string JsonType => "any";

    public override void Write(ReadOnlySpan<byte> wire, RecordBuffer to) => JsonText.WriteRaw(wire[1..], to);
}
