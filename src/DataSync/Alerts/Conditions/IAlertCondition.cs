namespace DataSync.Alerts.Conditions;

/// <summary>
/// Something that can be wrong with a tenant's syncs (extension point). It is a question to our own database, asked for all tenants at once and answered by indexes, so that looking
/// every few seconds costs next to nothing.
/// </summary>
internal interface IAlertCondition
{
    /// <summary>Stable name, such as <c>error_rate</c>; also the id of the built-in rule, and the end of the keys of its texts.</summary>
    string Name { get; }

    /// <summary>What a rule of it may say; null where only the installation's own rule exists.</summary>
    RuleShape? Shape { get; }

    /// <summary>
    /// The body of a recursive query <c>tenants (tenant_id)</c>: those whom the built-in rule may concern. More does no harm, NULL is passed over.
    /// </summary>
    string Tenants { get; }

    /// <summary>
    /// What is wrong now: <c>tenant_id, rule_id, subject, value, threshold, window_seconds, channels</c>, at most one row of a rule and a subject. It may use <c>rules</c> (with
    /// <c>source_id</c> and <c>min_count</c> besides) and <c>$1</c>, the time of the look; its own <see cref="Values"/> are <c>$6</c> and on.
    /// </summary>
    string Breaches { get; }

    /// <summary>What <see cref="Breaches"/> asks for by number.</summary>
    IReadOnlyList<object> Values => [];
}

/// <summary>What a rule of a condition may say, and what its built-in rule says.</summary>
/// <param name="Threshold">Of the built-in rule.</param>
/// <param name="Least">No threshold is below.</param>
/// <param name="Most">None is above.</param>
/// <param name="WindowSeconds">Of the built-in rule; 0 where the condition has no window.</param>
/// <param name="HasSource">Whether a rule may be about one source.</param>
internal sealed record RuleShape(double Threshold, double Least, double Most, int WindowSeconds, bool HasSource);
