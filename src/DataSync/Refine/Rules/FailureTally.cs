using Microsoft.Extensions.Logging;

namespace DataSync.Refine.Rules;

/// <summary>
/// Counts the failures of a batch by rule, code and field, so that a rule that fails on a million records logs a line a batch
/// instead of a million.
/// </summary>
internal sealed class FailureTally
{
    private readonly Dictionary<(string Rule, string Code, string? Field), (int Count, long FirstSeq)> _failures = [];

    public void Add(string ruleId, RuleFailure failure, string? field, long seq)
    {
        var key = (ruleId, failure.Code, field);
        _failures[key] = _failures.TryGetValue(key, out var known) ? (known.Count + 1, known.FirstSeq) : (1, seq);
    }

    /// <summary>What failed since the last <see cref="Clear"/>.</summary>
    public IEnumerable<(string Rule, string Code, string? Field)> All => _failures.Keys;

    /// <summary>Logs.</summary>
    public void Report(ILogger logger)
    {
        foreach (var ((rule, code, field), (count, firstSeq)) in _failures) logger.RuleFailed(rule, code, field, count, firstSeq);
    }

    /// <summary>Forgets.</summary>
    public void Clear() => _failures.Clear();
}
