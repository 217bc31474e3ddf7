using DataSync.Platform.Http.Json;
using DataSync.Platform.Localization;

namespace DataSync.Process.Rejections;

/// <summary>A refused record as the API shows it.</summary>
internal sealed record RejectionView(
    long Seq, string RuleId, string Code, string Message, string? Field, RawJson Original, DateTimeOffset CreatedAt, RawJson? Correction, DateTimeOffset? CorrectedAt, string? CorrectedBy,
    Guid? ReplayJobId, DateTimeOffset? ReplayedAt)
{
    /// <summary>The record, its refusal in the reader's language.</summary>
    public static RejectionView Of(SyncRejection rejection, Messages messages, string language) => new(
        rejection.Seq, rejection.RuleId, rejection.Code,
        messages.Worded(rejection.Message, rejection.Field, language),
        rejection.Field, new RawJson(rejection.Original), rejection.CreatedAt, rejection.Correction is null ? null : new RawJson(rejection.Correction), rejection.CorrectedAt, rejection.CorrectedBy,
        rejection.ReplayJobId, rejection.ReplayedAt);
}
