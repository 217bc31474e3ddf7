using DataSync.Platform.Http.Json;
using DataSync.Platform.Localization;

namespace DataSync.Process.Rejections;

/// <summary>A refused record as the API shows it.</summary>
internal sealed record RejectionView(
    long Seq, string RuleId, string Code, string Message, string? Field, RawJson Original, DateTimeOffset CreatedAt, RawJson? Correction, DateTimeOffset? CorrectedAt, string? CorrectedBy,
    Guid? ReplayJobId, DateTimeOffset? ReplayedAt)
{
    /// <summary>A message of ours is stored as its key, and worded in the reader's language; a rule's own text stays as its author wrote it.</summary>
    public static RejectionView Of(SyncRejection rejection, Messages messages, string language) => new(
        rejection.Seq, rejection.RuleId, rejection.Code,
        rejection.Message.StartsWith("errors.", StringComparison.Ordinal) ? messages.Format(rejection.Message, language, new Dictionary<string, object?>(StringComparer.Ordinal) { ["field"] = rejection.Field }) : rejection.Message,
        rejection.Field, new RawJson(rejection.Original), rejection.CreatedAt, rejection.Correction is null ? null : new RawJson(rejection.Correction), rejection.CorrectedAt, rejection.CorrectedBy,
        rejection.ReplayJobId, rejection.ReplayedAt);
}
