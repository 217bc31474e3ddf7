namespace DataSync.Alerts.Evaluation;

/// <summary>
/// The statement that makes of what is wrong what is told: alerts opened, alerts over, and for each a notice to every channel that wants it. One statement, so that either all of it
/// holds or nothing does. A breach of which an alert is open adds nothing; if another machine opens one at the same moment, the unique index lets one of them be.
/// </summary>
internal static class AlertMoves
{
    /// <summary>Called where there is something to send.</summary>
    public const string Channel = "datasync_alerts";

    /// <summary>Composes the statement. <c>$1</c> is the time, <c>$2</c> the condition's name; it answers with how many were opened, were over, and how many notices there are.</summary>
    /// <param name="queries">The queries before, the last of which is <c>breaches (tenant_id, rule_id, subject, value, threshold, window_seconds, channels)</c>.</param>
    /// <param name="scope">Which open alerts of the condition the breaches speak of; those among them that are no breach any more are over.</param>
    /// <param name="seenAt">What is noted as when a process said so last.</param>
    public static string Sql(string queries, string scope = "true", string seenAt = "NULL") =>
        $"""
        WITH RECURSIVE {queries},
        opened AS (
            INSERT INTO alerts (tenant_id, alert_id, rule_id, condition, subject, value, threshold, window_seconds, channels, opened_at, seen_at, silenced)
            SELECT b.tenant_id, gen_random_uuid(), b.rule_id, $2, b.subject, b.value, b.threshold, b.window_seconds, b.channels, $1, {seenAt},
                EXISTS (SELECT 1 FROM alert_silences s WHERE s.tenant_id = b.tenant_id AND s.rule_id = b.rule_id AND s.until > $1)
            FROM breaches b
            WHERE NOT EXISTS (SELECT 1 FROM alerts a WHERE a.tenant_id = b.tenant_id AND a.rule_id = b.rule_id AND a.subject = b.subject AND a.over_at IS NULL)
            ON CONFLICT (tenant_id, rule_id, subject) WHERE over_at IS NULL DO NOTHING
            RETURNING tenant_id, alert_id, channels, silenced),
        closed AS (
            UPDATE alerts a SET over_at = $1
            WHERE a.condition = $2 AND a.over_at IS NULL AND ({scope})
              AND NOT EXISTS (SELECT 1 FROM breaches b WHERE b.tenant_id = a.tenant_id AND b.rule_id = a.rule_id AND b.subject = a.subject)
            RETURNING a.tenant_id, a.alert_id, a.channels, a.silenced),
        told AS (
            INSERT INTO alert_notices (tenant_id, notice_id, channel_id, event, alert_id, state, attempts, next_at, created_at)
            SELECT e.tenant_id, gen_random_uuid(), c.channel_id, e.event, e.alert_id, 'pending', 0, now(), now()
            FROM (SELECT *, 'alert.opened' AS event FROM opened UNION ALL SELECT *, 'alert.over' FROM closed) e
            JOIN alert_channels c ON c.tenant_id = e.tenant_id AND c.enabled AND e.event = ANY(c.events) AND (e.channels IS NULL OR c.channel_id = ANY(e.channels))
            WHERE NOT e.silenced
            RETURNING 1)
        SELECT (SELECT count(*) FROM opened), (SELECT count(*) FROM closed), (SELECT count(*) FROM told)
        """;
}

/// <summary>What a look came to.</summary>
/// <param name="Opened">Alerts opened.</param>
/// <param name="Over">Alerts that are over.</param>
/// <param name="Told">Notices to be sent.</param>
internal readonly record struct AlertCount(long Opened, long Over, long Told)
{
    public static AlertCount operator +(AlertCount a, AlertCount b) => new(a.Opened + b.Opened, a.Over + b.Over, a.Told + b.Told);
}
