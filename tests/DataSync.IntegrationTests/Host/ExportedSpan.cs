using System.Text;

namespace DataSync.IntegrationTests.Host;

/// <summary>A span as an exporter sent it; <paramref name="ParentId"/> is empty for a root, <paramref name="Kind"/> is OTLP's number (2 server, 3 client, 5 consumer).</summary>
internal sealed record ExportedSpan(string Service, string Scope, string TraceId, string SpanId, string ParentId, string Name, long Kind, IReadOnlyDictionary<string, string> Attributes)
{
    /// <summary>Reads an <c>ExportTraceServiceRequest</c>: resources, their scopes, their spans.</summary>
    public static IEnumerable<ExportedSpan> Read(byte[] request)
    {
        foreach (var resourceSpans in Messages(request, 1))
        {
            var service = Messages(resourceSpans, 1).SelectMany(r => Attributed(r, 1)).FirstOrDefault(a => a.Key == "service.name").Value ?? "";
            foreach (var scopeSpans in Messages(resourceSpans, 2))
            {
                var scope = Messages(scopeSpans, 1).Select(s => Text(s, 1)).FirstOrDefault() ?? "";
                foreach (var span in Messages(scopeSpans, 2))
                {
                    yield return new ExportedSpan(
                        service, scope, Hex(span, 1), Hex(span, 2), Hex(span, 4), Text(span, 5), Fields(span).FirstOrDefault(f => f.Number == 6).Value,
                        Attributed(span, 9).ToDictionary(a => a.Key, a => a.Value, StringComparer.Ordinal));
                }
            }
        }
    }

    private static IEnumerable<KeyValuePair<string, string>> Attributed(ReadOnlyMemory<byte> message, int field)
        => Messages(message, field).Select(a => KeyValuePair.Create(Text(a, 1), Messages(a, 2).Select(v => Text(v, 1)).FirstOrDefault() ?? ""));

    private static string Hex(ReadOnlyMemory<byte> message, int field) => Messages(message, field).Select(b => Convert.ToHexStringLower(b.Span)).FirstOrDefault() ?? "";

    private static string Text(ReadOnlyMemory<byte> message, int field) => Messages(message, field).Select(b => Encoding.UTF8.GetString(b.Span)).FirstOrDefault() ?? "";

    private static IEnumerable<ReadOnlyMemory<byte>> Messages(ReadOnlyMemory<byte> message, int field)
        => Fields(message).Where(f => f.Number == field && f.IsBytes).Select(f => f.Bytes);

    /// <summary>The fields of a protobuf message, in order.</summary>
    private static IEnumerable<(int Number, bool IsBytes, long Value, ReadOnlyMemory<byte> Bytes)> Fields(ReadOnlyMemory<byte> message)
    {
        for (var at = 0; at < message.Length;)
        {
            var key = Varint(message.Span, ref at);
            var (number, wire) = ((int)(key >> 3), (int)(key & 7));
            if (wire == 0) yield return (number, false, Varint(message.Span, ref at), default);
            else
            {
                var length = wire switch { 1 => 8, 5 => 4, 2 => (int)Varint(message.Span, ref at), _ => throw new FormatException($"There is no wire type {wire}.") };
                yield return (number, wire == 2, 0, message.Slice(at, length));
                at += length;
            }
        }
    }

    private static long Varint(ReadOnlySpan<byte> bytes, ref int at)
    {
        var value = 0L;
        for (var shift = 0; ; shift += 7)
        {
            var next = bytes[at++];
            value |= (long)(next & 0x7f) << shift;
            if (next < 0x80) return value;
        }
    }
}
