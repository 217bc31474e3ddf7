using System.Text.Json;
using System.Text.Unicode;
using DataSync.Extract.Connectors;
using DataSync.Pipeline;

namespace DataSync.Extract.Push.Payloads;

/// <summary>What keeps a whole payload from being records. It goes to quarantine as one, with its bytes in base64.</summary>
internal static class PayloadFault
{
    /// <summary>Levels of nesting at most: what reads a record later on must not run out of stack.</summary>
    public const int Deepest = 512;

    private const string NotJson = "errors.record.payload", TooDeep = "errors.record.too_deep";

    /// <summary>Null where there is none.</summary>
    public static Rejection? Of(ReadOnlySpan<byte> payload)
    {
        if (!Utf8.IsValid(payload)) return InvalidText.Rejection("*");
        var reader = new Utf8JsonReader(payload, new JsonReaderOptions { MaxDepth = int.MaxValue });
        try
        {
            var deep = false;
            while (reader.Read()) deep |= reader.CurrentDepth >= Deepest;
            return deep ? new Rejection("extract", "too_deep", TooDeep) : null;
        }
        catch (JsonException)
        {
            return new Rejection("extract", "invalid_json", NotJson);
        }
    }
}
