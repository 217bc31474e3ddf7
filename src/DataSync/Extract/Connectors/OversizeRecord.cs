using DataSync.Pipeline;

namespace DataSync.Extract.Connectors;

/// <summary>A record larger than memory should hold fails alone: it goes to quarantine without the value that did not fit.</summary>
internal static class OversizeRecord
{
    /// <summary>Bytes of a record at most, as the database sends it.</summary>
    public const int LargestBytes = 64 * 1024 * 1024;

    private const string Key = "errors.record.too_large";

    public static Rejection Rejection(string field) => new("extract", "too_large", Key, field);
}
