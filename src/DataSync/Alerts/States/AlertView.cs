using DataSync.Platform.Http.Paging;
using DataSync.Platform.Http.Requests;

namespace DataSync.Alerts.States;

/// <summary>An alert as it is shown.</summary>
internal sealed record AlertView(
    Guid AlertId, string RuleId, string Condition, string? Subject, string Status, string Message, double Value, double Threshold, int? WindowSeconds, DateTimeOffset OpenedAt, DateTimeOffset? OverAt, bool Silenced,
    DateTimeOffset? AcknowledgedAt, string? AcknowledgedBy)
{
    public const string Open = "open";
    public const string Over = "over";

    public static AlertView Of(Alert alert, string message) => new(
        alert.AlertId, alert.RuleId, alert.Condition, alert.Subject.Length == 0 ? null : alert.Subject, alert.OverAt is null ? Open : Over, message, alert.Value, alert.Threshold, alert.WindowSeconds == 0 ? null : alert.WindowSeconds,
        alert.OpenedAt, alert.OverAt, alert.Silenced, alert.AcknowledgedAt, alert.AcknowledgedBy);
}

/// <summary>Query of <c>GET /api/alerts</c>.</summary>
internal sealed record AlertListQuery(string? Status, string? RuleId, PageRequest Page) : IRequestQuery<AlertListQuery>
{
    public static AlertListQuery Read(QueryReader query)
    {
        var status = query.OptionalOneOf("status", "Only alerts in this state.", AlertView.Open, AlertView.Over);
        var rule = query.OptionalString("rule_id", "Only alerts of this rule.", 100);
        return new AlertListQuery(status, rule, query.Page($"alerts {status} {rule}"));
    }
}
