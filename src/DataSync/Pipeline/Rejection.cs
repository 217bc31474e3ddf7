namespace DataSync.Pipeline;

/// <summary>Why a record was refused.</summary>
/// <param name="RuleId">The rule that refused it, or the name of the check of ours.</param>
/// <param name="Code">A stable code: the rule's own, or one of ours.</param>
/// <param name="Message">The rule's own text, or a message key of ours (it begins with <c>errors.</c>).</param>
/// <param name="Field">The field concerned, where one is.</param>
internal sealed record Rejection(string RuleId, string Code, string Message, string? Field = null);
