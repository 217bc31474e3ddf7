using Microsoft.Extensions.Logging;

namespace DataSync.Refine.Rules;

internal static partial class RulesLog
{
    [LoggerMessage(1400, LogLevel.Warning, "Rule {RuleId} failed with {Code} at field {Field} on {Count} records of a batch, first on record {FirstSeq}")]
    public static partial void RuleFailed(this ILogger logger, string ruleId, string code, string? field, int count, long firstSeq);
}
