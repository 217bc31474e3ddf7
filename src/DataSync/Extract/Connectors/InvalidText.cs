using DataSync.Extract.Json;
using DataSync.Pipeline;

namespace DataSync.Extract.Connectors;

/// <summary>Text that is no UTF-8 cannot stand in JSON: its record goes to quarantine, where the bytes are kept as <c>{"base64":"…"}</c>.</summary>
internal static class InvalidText
{
    private const string Key = "errors.record.invalid_text";

    public static void Write(ReadOnlySpan<byte> bytes, RecordBuffer to)
    {
        JsonText.WriteRaw("{\"base64\":"u8, to);
        JsonText.WriteBase64(bytes, to);
        JsonText.WriteRaw("}"u8, to);
    }

    public static Rejection Rejection(string field) => new("extract", "invalid_text", Key, field);
}
