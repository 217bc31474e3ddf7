namespace DataSync.Alerts.Conditions;

/// <summary>
/// What each process measures of itself: it opens and ends such alerts itself (<see cref="Measured.ProcessAlerts"/>), and says every few seconds that one goes on. Here only those
/// end of which no process says so any more: it is gone, and what it measured with it.
/// </summary>
internal abstract class MeasuredCondition : IAlertCondition
{
    public abstract string Name { get; }

    public RuleShape? Shape => null;

    public string Tenants => "SELECT NULL::text AS tenant_id";

    public string Breaches =>
        """
        SELECT a.tenant_id, a.rule_id, a.subject, a.value, a.threshold, a.window_seconds, a.channels
        FROM alerts a WHERE a.condition = $2 AND a.over_at IS NULL AND a.seen_at > $1 - interval '1 minute'
        """;
}

/// <summary>Records held in memory take more than 80 % of what they may.</summary>
internal sealed class MemoryCondition : MeasuredCondition
{
    public override string Name => "memory";
}

/// <summary>Every connection of the pool to our own database is taken.</summary>
internal sealed class PoolCondition : MeasuredCondition
{
    public override string Name => "connection_pool";
}

/// <summary>A wall between tenants was run into: our code was about to do what it must never do.</summary>
internal sealed class IsolationCondition : MeasuredCondition
{
    public override string Name => "isolation";
}
