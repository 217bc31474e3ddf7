using DataSync.Extract.Json;
using DataSync.Pipeline;

namespace DataSync.Extract.Connectors.Postgres.Wire;

/// <summary>json: the text as stored, on one line.</summary>
internal sealed class JsonFormat : WireFormat
{
    public override string JsonType => "any";

    public override void Write(ReadOnlySpan<byte> wire, RecordBuffer to) => JsonText.WriteDocument(wire, to);
}

/// <summary>jsonb: a version byte, then the server's own text of it.</summary>
internal sealed class JsonbFormat : WireFormat
{
    public override string JsonType => "any";

    public override void Write(ReadOnlySpan<byte> wire, RecordBuffer to) => JsonText.WriteRaw(wire[1..], to);
}
