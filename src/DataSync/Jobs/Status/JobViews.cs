using System.Text.Json;
using DataSync.Jobs.Engine;
using DataSync.Jobs.History;
using DataSync.Pipeline.Incremental;
using DataSync.Platform.Http.Errors;
using DataSync.Platform.Http.Json;
using DataSync.Platform.Localization;

namespace DataSync.Jobs.Status;

/// <summary>Turns a job's row into what the API shows.</summary>
internal sealed class JobViews(ErrorCatalogue catalogue, Messages messages, TimeProvider time)
{
    public JobView Of(SyncJob job, string language) => Of(new JobDetails(job, null), language);

    public JobView Of(JobDetails details, string language)
    {
        var job = details.Job;
        var failure = job.ErrorDetails is null ? null : JobFailure.Read(job.ErrorDetails);
        return Of(job, failure) with
        {
            QueuePosition = details.QueuePosition,
            ErrorDetails = failure is null ? null : Error(failure, language),
            Gap = job.Gap is null ? null : Gap(job.Gap, language),
            ChangeTracking = job.ChangeTracking is null ? null : Tracking(job.ChangeTracking, language),
            History = details.Attempts is null ? null : [.. details.Attempts.Select(a => Attempt(a, details.Stages ?? [], language))],
        };
    }

    private TrackingView? Tracking(string stored, string language) => JsonSerializer.Deserialize<TrackingReport>(stored, JobJson.Options) is not { } report ? null : new TrackingView(
        report.Method, report.Everything, report.Reason?.Key, Worded(report.Reason, language),
        report.Position, report.LagBytes);

    private GapView? Gap(string stored, string language) => JsonSerializer.Deserialize<GapReport>(stored, JobJson.Options) is not { } report ? null : new GapView(
        report.Checked, report.Missing, report.Repaired, report.Detected, report.Against, report.Reason?.Key, Worded(report.Reason, language));

    private string? Worded(TrackingReason? reason, string language) => reason is null ? null : messages.Format(reason.Key, language, Plain(reason.Params));

    private static Dictionary<string, object?> Plain(IReadOnlyDictionary<string, object?> values)
        => values.ToDictionary(v => v.Key, v => v.Value is JsonElement json ? Plain(json) : v.Value, StringComparer.Ordinal);

    private JobView Of(SyncJob job, JobFailure? failure) => new()
    {
        JobId = job.Id,
        TenantId = job.TenantId,
        SourceId = job.SourceId,
        SourceType = job.SourceType,
        Mode = job.Mode,
        SyncType = job.SyncType,
        ExportOf = job.ExportOf,
        Status = job.Status,
        Stage = job.Stage,
        RecordCount = job.RecordCount,
        ErrorCount = job.ErrorCount,
        Progress = Progress(job),
        CreatedAt = job.CreatedAt,
        StartedAt = job.StartedAt,
        CompletedAt = job.CompletedAt,
        DurationMs = Duration(job) is { } duration ? (long)duration.TotalMilliseconds : null,
        Attempts = job.Attempts,
        CreatedBy = job.CreatedBy,
        CorrelationId = job.CorrelationId,
        Config = new RawJson(job.Config),
        Result = job.Result is null ? null : new RawJson(job.Result),
        Routed = job.Routed is null ? null : new RawJson(job.Routed),
        Rules = job.Rules is null ? null : new RawJson(job.Rules),
        Enriched = job.Enriched is null ? null : new RawJson(job.Enriched),
        WaitingUntil = job.Status == JobStatus.Waiting ? job.NotBefore : null,
        Parked = failure is { IsParked: true },
    };

    private AttemptView Attempt(SyncJobAttempt attempt, IReadOnlyList<SyncJobStage> stages, string language) => new(
        attempt.Fence, attempt.StartedAt, attempt.EndedAt, Milliseconds(attempt.StartedAt, attempt.EndedAt), attempt.Outcome, attempt.Records, attempt.Rejected,
        [.. stages.Where(s => s.Fence == attempt.Fence).Select(s => new StageView(s.Stage, s.StartedAt, s.EndedAt, Milliseconds(s.StartedAt, s.EndedAt), s.Outcome, s.Records))],
        attempt.Failure is null ? null : Error(JobFailure.Read(attempt.Failure), language));

    private static long? Milliseconds(DateTimeOffset start, DateTimeOffset? end) => end is { } ended ? (long)(ended - start).TotalMilliseconds : null;

    private ProgressView Progress(SyncJob job)
    {
        var running = job.StartedAt is { } started ? ((job.CompletedAt ?? time.GetUtcNow()) - started).TotalSeconds : 0;
        var rate = running > 0 ? Math.Round(job.Extracted / running, 1) : 0;
        double? eta = job.Status == JobStatus.Running && job.Total is { } total && rate > 0 ? Math.Round(Math.Max(0, total - job.Extracted) / rate, 1) : null;
        return new ProgressView(job.Extracted, job.RecordCount, job.Refined, job.Exported, job.Total, rate, eta);
    }

    private static TimeSpan? Duration(SyncJob job) => job.CompletedAt is { } completed ? completed - (job.StartedAt ?? completed) : null;

    /// <summary>A stored failure, worded in the reader's language.</summary>
    public ErrorView Error(JobFailure failure, string language)
    {
        var error = catalogue.Find(failure.MessageKey) ?? catalogue.Internal;
        var values = failure.Params.ToDictionary(p => p.Key, p => Plain(p.Value), StringComparer.Ordinal);
        return new ErrorView(
            error.Code, error.Type, error.Key, messages.Format(error.Key, language, values), failure.Params, failure.Cause is null ? null : Error(failure.Cause, language));
    }

    private static object? Plain(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Number => value.GetDecimal(),
        JsonValueKind.True or JsonValueKind.False => value.GetBoolean(),
        JsonValueKind.Null => null,
        JsonValueKind.String => value.GetString(),
        _ => value.GetRawText(),
    };
}
