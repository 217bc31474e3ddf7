using System.Text.Json;
using DataSync.Platform.Http.Json;
using DataSync.Platform.Http.Paging;
using DataSync.Platform.Http.Requests;

namespace DataSync.Process.Rejections;

/// <summary>Which refused records.</summary>
internal sealed record RejectionFilter(string? RuleId, string? Code, string? State, PageRequest Page) : IRequestQuery<RejectionFilter>
{
    /// <summary>Given to a job that runs it again.</summary>
    public const string Replayed = "replayed";

    public static RejectionFilter Read(QueryReader query)
    {
        var rule = query.OptionalString("rule_id", "Only those of this rule.");
        var code = query.OptionalString("code", "Only those with this code.");
        var state = query.OptionalOneOf("state", "Only those that were replayed, or were not.", "open", Replayed);
        return new RejectionFilter(rule, code, state, query.Page(rule is null && code is null && state is null ? "rejections" : JsonSerializer.Serialize(new[] { "rejections", rule, code, state })));
    }
}

/// <summary>The body of a correction.</summary>
/// <param name="Record">JSON of the record.</param>
internal sealed record CorrectionBody(string Record) : IRequestBody<CorrectionBody>
{
    public static CorrectionBody Read(JsonObjectReader json)
    {
        var record = json.Raw("record");
        if (record is null) json.Refuse("record", "faults.required");
        return new CorrectionBody(record?.GetRawText() ?? "null");
    }
}
