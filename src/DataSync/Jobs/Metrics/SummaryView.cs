using DataSync.Platform.Http.Errors;

namespace DataSync.Jobs.Metrics;

/// <summary>Durations in milliseconds, each one that a completed job had; null without any.</summary>
internal sealed record DurationView(long? P50, long? P90, long? P95, long? P99, long? Max);

/// <summary>Failed jobs of one type.</summary>
internal sealed record ErrorTypeView(string ErrorType, long Jobs, double ErrorRate, IReadOnlyList<ErrorCodeView> Codes);

/// <summary>Failed jobs of one code.</summary>
internal sealed record ErrorCodeView(string ErrorCode, string MessageKey, long Jobs);

/// <summary>A target of the design and whether it is met; null where nothing can be said.</summary>
internal sealed record TargetView(double Target, bool? Met);

/// <summary>The design's targets.</summary>
internal sealed record TargetsView(TargetView SuccessRate, TargetView AverageDurationMs);

/// <summary>A summary as it is shown.</summary>
internal sealed record SummaryView(
    string TenantId, string? SourceId, DateTimeOffset From, DateTimeOffset To, long Jobs, long Completed, long Failed, long Cancelled, double? SuccessRate, double? ErrorRate,
    double? AverageDurationMs, DurationView DurationMs, long Records, long Rejected, long Bytes, decimal LlmCost, IReadOnlyList<ErrorTypeView> Errors, TargetsView Targets, TenantLoad Now)
{
    /// <summary>The share of syncs that should complete.</summary>
    public const double TargetSuccessRate = 0.95;

    /// <summary>How long a sync should take on average: five minutes.</summary>
    public const double TargetDurationMs = 300_000;

    public static SummaryView Of(string tenantId, string? sourceId, TenantSummary summary, ErrorCatalogue catalogue) => new(
        tenantId, sourceId, summary.From, summary.To, summary.Judged + summary.Cancelled, summary.Completed, summary.Failed, summary.Cancelled, summary.SuccessRate, summary.ErrorRate,
        summary.AverageMs, Durations(summary.PercentilesMs), summary.Records, summary.Rejected, summary.Bytes, summary.LlmCostMicros / 1_000_000m, Types(summary, catalogue),
        new TargetsView(
            new TargetView(TargetSuccessRate, summary.SuccessRate is { } rate ? rate >= TargetSuccessRate : null),
            new TargetView(TargetDurationMs, summary.AverageMs is { } average ? average <= TargetDurationMs : null)),
        summary.Now);

    private static DurationView Durations(IReadOnlyList<long> percentiles)
        => percentiles is [var p50, var p90, var p95, var p99, var max] ? new DurationView(p50, p90, p95, p99, max) : new DurationView(null, null, null, null, null);

    private static IReadOnlyList<ErrorTypeView> Types(TenantSummary summary, ErrorCatalogue catalogue)
        => [.. summary.Errors.Select(e => (Error: catalogue.Find(e.Key) ?? catalogue.Internal, e.Key, e.Jobs)).GroupBy(e => e.Error.Type, StringComparer.Ordinal)
            .Select(g => new ErrorTypeView(g.Key, g.Sum(e => e.Jobs), (double)g.Sum(e => e.Jobs) / summary.Judged, [.. g.Select(e => new ErrorCodeView(e.Error.Code, e.Key, e.Jobs))]))
            .OrderByDescending(t => t.Jobs).ThenBy(t => t.ErrorType, StringComparer.Ordinal)];
}
