using DataSync.Pipeline;
using DataSync.Pipeline.Failures;

namespace DataSync.Export;

/// <summary>Names everything wrong with the export part of a plan. Paths are those of a Start.</summary>
internal sealed class ExportValidation(IEnumerable<IExporter> exporters)
{
    public const int LargestPage = 100_000;
    private static readonly string[] Planned = ["coco", "parquet"];
    private static readonly string[] PlannedCompressions = ["gzip", "zstd"];
    private readonly string[] _formats = [.. exporters.Select(e => e.Format).Order(StringComparer.Ordinal)];

    public IEnumerable<Fault> Validate(SyncPlan plan) => [.. Formats(plan.OutputFormats), .. Config(plan)];

    private IEnumerable<Fault> Formats(IReadOnlyList<string> formats)
    {
        const string path = "/output_format";
        if (formats.Count == 0) yield return new Fault(path, "validation.export.format_missing", ("formats", Listed(_formats)));
        foreach (var group in formats.GroupBy(f => f, StringComparer.Ordinal))
        {
            if (!_formats.Contains(group.Key, StringComparer.Ordinal))
            {
                var key = Planned.Contains(group.Key, StringComparer.Ordinal) ? "validation.export.format_unavailable" : "validation.export.format_unknown";
                yield return new Fault(path, key, ("format", group.Key), ("formats", Listed(_formats)));
            }

            if (group.Skip(1).Any()) yield return new Fault(path, "validation.export.format_twice", ("format", group.Key));
        }
    }

    private static IEnumerable<Fault> Config(SyncPlan plan)
    {
        var export = plan.Export;
        if (export.PageSize is < 1 or > LargestPage)
            yield return new Fault("/export_config/pagination/page_size", "validation.export.page_size", ("min", 1), ("max", LargestPage));
        if (!string.Equals(export.Compression, "none", StringComparison.Ordinal))
        {
            var key = PlannedCompressions.Contains(export.Compression, StringComparer.Ordinal) ? "validation.export.compression_unavailable" : "validation.export.compression_unknown";
            yield return new Fault("/export_config/compression", key, ("compression", export.Compression));
        }

        if (export is { IncludeOriginal: false, IncludeEnhanced: false }) yield return new Fault("/export_config", "validation.export.nothing_included", Params: null);
        if (export.Inline && !string.Equals(plan.Mode, "realtime", StringComparison.Ordinal))
            yield return new Fault("/export_config/inline", "validation.export.inline_needs_realtime", ("mode", plan.Mode));
    }

    private static string Listed(string[] values) => string.Join(", ", values);
}
