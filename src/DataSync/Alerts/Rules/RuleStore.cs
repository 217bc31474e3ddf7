using DataSync.Alerts.Conditions;
using DataSync.Pipeline.Failures;
using DataSync.Platform.Audit.Requests;
using DataSync.Platform.Tenancy;
using Microsoft.EntityFrameworkCore;

namespace DataSync.Alerts.Rules;

/// <summary>The rules that hold for a tenant: its own, and the built-in ones that it has not put its own in the place of.</summary>
internal sealed class RuleStore(TenantDatabase database, IEnumerable<IAlertCondition> conditions, TimeProvider time)
{
    private readonly SortedDictionary<string, RuleShape> _shapes = new(
        conditions.Where(c => c.Shape is not null).ToDictionary(c => c.Name, c => c.Shape!, StringComparer.Ordinal), StringComparer.Ordinal);

    /// <summary>Conditions that only the installation's own process rules have; their alerts are the operator's, who may silence them.</summary>
    private readonly HashSet<string> _measured = [.. conditions.Where(c => c.Shape is null).Select(c => c.Name)];

    /// <summary>All of them, by their ids.</summary>
    public Task<IReadOnlyList<RuleView>> ListAsync(string tenantId, CancellationToken ct) => database.RunAsync(tenantId, async transaction =>
    {
        var own = await transaction.Db.Set<AlertRule>().AsNoTracking().ToListAsync(ct);
        var silences = await SilencesAsync(transaction, ct);
        return (IReadOnlyList<RuleView>)[.. own.Select(r => View(r, silences))
            .Concat(_shapes.Where(s => own.All(r => r.RuleId != s.Key)).Select(s => BuiltIn(s.Key, s.Value, silences)))
            .OrderBy(r => r.RuleId, StringComparer.Ordinal)];
    }, ct);

    /// <summary>One of them, or null.</summary>
    public async Task<RuleView?> FindAsync(string tenantId, string rule, CancellationToken ct)
        => (await ListAsync(tenantId, ct)).FirstOrDefault(r => r.RuleId == rule);

    /// <summary>Makes or replaces a rule of the tenant's own.</summary>
    public Task<RuleView> ReplaceAsync(string tenantId, string ruleId, RuleBody body, string by, CancellationToken ct) => database.ChangeAsync(tenantId, async transaction =>
    {
        var shape = _shapes[body.Condition];
        if (Faults(ruleId, body, shape).ToList() is { Count: > 0 } faults) throw new SyncFailureException(SyncFailure.Permanent("errors.request.invalid")) { Faults = faults };
        var now = time.GetUtcNow();
        var rule = await transaction.Db.Set<AlertRule>().FromSql($"SELECT * FROM alert_rules WHERE rule_id = {ruleId} FOR UPDATE").SingleOrDefaultAsync(ct);
        if (rule is null)
        {
            if (await transaction.Db.Set<AlertRule>().CountAsync(ct) >= AlertRule.Most) throw new SyncFailureException(SyncFailure.Permanent("errors.alert.too_many", ("max", AlertRule.Most)));
            rule = new AlertRule { TenantId = tenantId, RuleId = ruleId, Version = 0, CreatedBy = by, CreatedAt = now };
            transaction.Db.Add(rule);
        }

        (rule.Condition, rule.Threshold, rule.WindowSeconds) = (body.Condition, body.Threshold ?? shape.Threshold, shape.WindowSeconds == 0 ? 0 : body.WindowSeconds ?? shape.WindowSeconds);
        (rule.SourceId, rule.MinCount, rule.Channels, rule.Enabled, rule.UpdatedAt) = (body.SourceId, body.MinCount, body.Channels is null ? null : [.. body.Channels], body.Enabled, now);
        rule.Version++;
        await transaction.Db.SaveChangesAsync(ct);
        return View(rule, await SilencesAsync(transaction, ct));
    }, _ => true, ct);

    /// <summary>Deletes a rule of the tenant's own; the built-in one it stood for holds again. False where there is none.</summary>
    public Task<bool> DeleteAsync(string tenantId, string rule, CancellationToken ct)
        => database.ChangeAsync(tenantId, async t => await t.Db.Set<AlertRule>().Where(r => r.RuleId == rule).ExecuteDeleteAsync(ct) > 0, deleted => deleted, ct);

    /// <summary>Keeps a rule quiet for a while; null where there is no such rule.</summary>
    public async Task<DateTimeOffset?> SilenceAsync(string tenantId, string rule, TimeSpan length, string by, CancellationToken ct)
    {
        if (!_measured.Contains(rule) && await FindAsync(tenantId, rule, ct) is null) return null;
        var until = time.GetUtcNow() + length;
        await database.ChangeAsync(tenantId, t => t.Db.Database.ExecuteSqlAsync(
            $"""
            INSERT INTO alert_silences (tenant_id, rule_id, until, created_by) VALUES ({tenantId}, {rule}, {until}, {by})
            ON CONFLICT (tenant_id, rule_id) DO UPDATE SET until = excluded.until, created_by = excluded.created_by
            """, ct), changed => changed > 0, ct);
        return until;
    }

    /// <summary>Ends a silence; false where there is none.</summary>
    public Task<bool> EndSilenceAsync(string tenantId, string rule, CancellationToken ct)
        => database.ChangeAsync(tenantId, async t => await t.Db.Set<AlertSilence>().Where(s => s.RuleId == rule).ExecuteDeleteAsync(ct) > 0, deleted => deleted, ct);

    private IEnumerable<Fault> Faults(string ruleId, RuleBody body, RuleShape shape)
    {
        if ((_shapes.ContainsKey(ruleId) || _measured.Contains(ruleId)) && ruleId != body.Condition) yield return new Fault("/condition", "faults.alert_built_in", ("rule", ruleId));
        if (body.Threshold is { } threshold && (threshold < shape.Least || threshold > shape.Most)) yield return new Fault("/threshold", "faults.number", ("min", shape.Least), ("max", shape.Most));
        if (body.WindowSeconds is not null && shape.WindowSeconds == 0) yield return new Fault("/window_seconds", "faults.alert_other_condition");
        if (body.MinCount > 1 && shape.WindowSeconds == 0) yield return new Fault("/min_count", "faults.alert_other_condition");
        if (body.SourceId is not null && !shape.HasSource) yield return new Fault("/source_id", "faults.alert_other_condition");
    }

    private async Task<Dictionary<string, DateTimeOffset>> SilencesAsync(TenantTransaction transaction, CancellationToken ct)
    {
        var now = time.GetUtcNow();
        return await transaction.Db.Set<AlertSilence>().Where(s => s.Until > now).ToDictionaryAsync(s => s.RuleId, s => s.Until, StringComparer.Ordinal, ct);
    }

    private static DateTimeOffset? Until(string rule, Dictionary<string, DateTimeOffset> silences) => silences.TryGetValue(rule, out var until) ? until : null;

    private static RuleView View(AlertRule rule, Dictionary<string, DateTimeOffset> silences) => new(
        rule.RuleId, rule.Condition, false, rule.Threshold, rule.WindowSeconds == 0 ? null : rule.WindowSeconds, rule.SourceId, rule.MinCount, rule.Channels, rule.Enabled, Until(rule.RuleId, silences), rule.Version, rule.CreatedBy,
        rule.UpdatedAt);

    private static RuleView BuiltIn(string condition, RuleShape shape, Dictionary<string, DateTimeOffset> silences)
        => new(condition, condition, true, shape.Threshold, shape.WindowSeconds == 0 ? null : shape.WindowSeconds, null, 1, null, true, Until(condition, silences), 0, null, null);
}
