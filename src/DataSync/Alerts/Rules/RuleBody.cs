using DataSync.Platform.Http.Json;
using DataSync.Platform.Http.Requests;

namespace DataSync.Alerts.Rules;

/// <summary>Body of <c>PUT /api/alert-rules/{rule_id}</c>. What its condition allows is looked at by <see cref="RuleStore"/>.</summary>
internal sealed record RuleBody(string Condition, double? Threshold, int? WindowSeconds, string? SourceId, int MinCount, IReadOnlyList<string>? Channels, bool Enabled) : IRequestBody<RuleBody>
{
    private static readonly IReadOnlyList<string> Conditions = ["error_rate", "duration", "stale_source", "webhook_failures", "budget", "slot_lag"];

    public static RuleBody Read(JsonObjectReader json) => new(
        json.RequiredOneOf("condition", Conditions),
        (double?)json.OptionalNumber("threshold", 0, 1L << 50),
        json.OptionalInt("window_seconds", 60, 7 * 86_400),
        json.OptionalId("source_id"),
        json.OptionalInt("min_count", 1, 1_000_000) ?? 1,
        Named(json),
        json.OptionalBool("enabled") ?? true);

    private static IReadOnlyList<string>? Named(JsonObjectReader json)
    {
        var isSaid = json.Has("channels");
        var channels = json.Strings("channels", Alerts.Channels.AlertChannel.Most, maxLength: 100);
        return isSaid ? channels : null;
    }
}

/// <summary>Body of <c>PUT /api/alert-rules/{rule_id}/silence</c>.</summary>
internal sealed record SilenceBody(int Minutes) : IRequestBody<SilenceBody>
{
    public static SilenceBody Read(JsonObjectReader json) => new(json.RequiredInt("minutes", 1, 30 * 24 * 60));
}

/// <summary>A rule as it is shown; a built-in one has no version.</summary>
internal sealed record RuleView(
    string RuleId, string Condition, bool BuiltIn, double Threshold, int? WindowSeconds, string? SourceId, int MinCount, IReadOnlyList<string>? Channels, bool Enabled, DateTimeOffset? SilencedUntil, int Version,
    string? CreatedBy, DateTimeOffset? UpdatedAt);

/// <summary>All rules that hold for a tenant.</summary>
internal sealed record RulesView(IReadOnlyList<RuleView> Items, string? NextCursor);
