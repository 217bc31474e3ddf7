using DataSync.Pipeline.Enriching;

namespace DataSync.Alerts.Conditions;

/// <summary>
/// A tenant has used more than a share of what it may spend on language models this month, or this day, in tokens or in money: of its own limits where the operator set some, else
/// of those of all tenants. Without a limit there is nothing to use up.
/// </summary>
internal sealed class Budget(ModelBudget budget) : IAlertCondition
{
    public string Name => "budget";

    public RuleShape Shape => new(Threshold: 0.8, Least: 0, Most: 1, WindowSeconds: 0, HasSource: false);

    public string Tenants => "SELECT tenant_id FROM ai_usage WHERE month = date_trunc('month', $1::timestamptz AT TIME ZONE 'UTC')::date";

    // nullif: a limit of 0 is none, and of nothing no share is used
    public string Breaches =>
        """
        SELECT r.tenant_id, r.rule_id, p.subject, p.used AS value, r.threshold, r.window_seconds, r.channels
        FROM rules r
        JOIN ai_usage u ON u.tenant_id = r.tenant_id AND u.month = date_trunc('month', $1::timestamptz AT TIME ZONE 'UTC')::date
        LEFT JOIN ai_budgets b ON b.tenant_id = r.tenant_id
        CROSS JOIN LATERAL (VALUES
            (to_char(u.month, 'YYYY-MM'), true, greatest(
                (u.input_tokens + u.output_tokens) / nullif(coalesce(b.token_limit, $6::bigint), 0)::double precision,
                u.cost_micros / nullif(coalesce(b.cost_limit, $7::bigint), 0)::double precision)),
            (to_char(u.day, 'YYYY-MM-DD'), u.day = ($1::timestamptz AT TIME ZONE 'UTC')::date, greatest(
                u.day_tokens / nullif(coalesce(b.day_token_limit, $8::bigint), 0)::double precision,
                u.day_cost_micros / nullif(coalesce(b.day_cost_limit, $9::bigint), 0)::double precision))) p (subject, is_current, used)
        WHERE p.is_current AND p.used > r.threshold
        """;

    public IReadOnlyList<object> Values => [budget.Tokens, budget.CostMicros, budget.DayTokens, budget.DayCostMicros];
}
