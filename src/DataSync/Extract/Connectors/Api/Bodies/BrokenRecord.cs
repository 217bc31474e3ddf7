using DataSync.Pipeline;

namespace DataSync.Extract.Connectors.Api.Bodies;

/// <summary>A line that is no record of its format fails alone: it goes to quarantine with its bytes.</summary>
internal static class BrokenRecord
{
    private const string JsonKey = "errors.record.invalid_json", CsvKey = "errors.record.invalid_csv";

    public static void WriteJson(ReadOnlySpan<byte> line, BatchBuilder to) => Write(line, to, new Rejection("extract", "invalid_json", JsonKey));

    public static void WriteCsv(ReadOnlySpan<byte> line, BatchBuilder to) => Write(line, to, new Rejection("extract", "invalid_csv", CsvKey));

    /// <summary>Text in another encoding than the answer said.</summary>
    public static void WriteText(ReadOnlySpan<byte> line, BatchBuilder to) => Write(line, to, InvalidText.Rejection("*"));

    private static void Write(ReadOnlySpan<byte> line, BatchBuilder to, Rejection rejection)
    {
        try
        {
            InvalidText.Write(line, to.Buffer);
            to.Buffer.EndRecord();
            to.RejectLast(rejection);
        }
        catch (RecordTooLargeException)
        {
            OversizeRecord.Refuse(to);
        }
    }
}
