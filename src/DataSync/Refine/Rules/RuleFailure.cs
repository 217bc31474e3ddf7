namespace DataSync.Refine.Rules;

/// <summary>A way in which a rule can fail on a record: the code and the message key that the rejection carries.</summary>
internal sealed record RuleFailure(string Code, string MessageKey)
{
    public static readonly RuleFailure CastFailed = new("SYNC_260", "errors.rules.cast_failed");
    public static readonly RuleFailure TooManySteps = new("SYNC_261", "errors.rules.too_many_steps");
    public static readonly RuleFailure TooLong = new("SYNC_262", "errors.rules.too_long");
    public static readonly RuleFailure TooDeep = new("SYNC_263", "errors.rules.too_deep");
    public static readonly RuleFailure NotANumber = new("SYNC_264", "errors.rules.not_a_number");
    public static readonly RuleFailure NotAnObject = new("SYNC_265", "errors.rules.not_an_object");
    public static readonly RuleFailure BadOperand = new("SYNC_266", "errors.rules.bad_operand");
    public static readonly RuleFailure UnreadableRecord = new("SYNC_267", "errors.rules.unreadable_record");
    public static readonly RuleFailure Unexpected = new("SYNC_268", "errors.rules.unexpected");

    /// <summary>What the checks find.</summary>
    public static readonly RuleFailure IsNull = new("SYNC_211", "errors.check.not_null");
    public static readonly RuleFailure NotUnique = new("SYNC_212", "errors.check.unique");
    public static readonly RuleFailure NotInSet = new("SYNC_213", "errors.check.in_set");
    public static readonly RuleFailure NotBetween = new("SYNC_214", "errors.check.between");
    public static readonly RuleFailure NoMatch = new("SYNC_215", "errors.check.matches");
    public static readonly RuleFailure WrongType = new("SYNC_216", "errors.check.type");

    /// <summary>All of them, for the test that holds them against the error catalogue.</summary>
    public static readonly IReadOnlyList<RuleFailure> All =
        [CastFailed, TooManySteps, TooLong, TooDeep, NotANumber, NotAnObject, BadOperand, UnreadableRecord, Unexpected,
         IsNull, NotUnique, NotInSet, NotBetween, NoMatch, WrongType];
}

/// <summary>
/// Ends the evaluation of an expression. Only for what is rare by nature (a bound that was hit): what may happen on every
/// record, such as a cast that fails, is a return value, because an exception a record is too slow.
/// </summary>
#pragma warning disable CA1032 // always carries a failure
internal sealed class RuleFailureException(RuleFailure failure) : Exception(failure.MessageKey)
#pragma warning restore CA1032
{
    public RuleFailure Failure { get; } = failure;
}
