using System.Text.Json;
using DataSync.Pipeline.Incremental;

namespace DataSync.Sources;

/// <summary>The table whose changes a source's syncs may follow.</summary>
internal static class TrackedTable
{
    /// <summary>The table that the source's syncs read, and why its changes are not followed where they are not to be; null where it reads something else.</summary>
    public static (string Table, TrackingReason? Reason)? Of(DataSourceConfig source)
    {
        if (source.SourceType != SourceTypes.Database) return null;
        var own = JsonElement.Parse(source.ExtractionParams);
        var sync = JsonElement.Parse(source.Sync);
        var laid = sync.ValueKind == JsonValueKind.Object && sync.TryGetProperty("extraction_params", out var given) && given.ValueKind == JsonValueKind.Object ? given : default;
        var table = Text(laid, "table") ?? (Text(laid, "query") is null ? Text(own, "table") : null);
        var isOff = (Text(laid, "change_tracking") ?? Text(own, "change_tracking")) == "none";
        return table is null ? null : (table, isOff ? TrackingReason.Of("tracking.off") : null);
    }

    private static string? Text(JsonElement section, string name)
        => section.ValueKind == JsonValueKind.Object && section.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
