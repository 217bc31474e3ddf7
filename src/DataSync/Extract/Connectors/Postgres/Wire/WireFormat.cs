using DataSync.Pipeline;

namespace DataSync.Extract.Connectors.Postgres.Wire;

/// <summary>How one type's binary form on the wire becomes JSON. Stateless, one instance a type.</summary>
internal abstract class WireFormat
{
    /// <summary>The JSON kind it comes out as: <c>integer</c>, <c>number</c>, <c>string</c>, <c>boolean</c>, <c>array</c>, <c>object</c> or <c>any</c>.</summary>
    public abstract string JsonType { get; }

    /// <summary>Writes the value, never null, as one JSON value.</summary>
    public abstract void Write(ReadOnlySpan<byte> wire, RecordBuffer to);
}
