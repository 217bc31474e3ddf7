namespace DataSync.Refine.Ai.Provider;

/// <summary>What came of a call.</summary>
internal abstract record ModelReply
{
    private ModelReply() { }

    /// <summary>The model answered; whether the answer is any good is another question.</summary>
    /// <param name="Text">The answer; empty where there is none.</param>
    /// <param name="IsCut">It ended because it reached its length.</param>
    /// <param name="Used">What was paid for; null where the provider does not tell.</param>
    public sealed record Answered(string Text, bool IsCut, TokenUse? Used) : ModelReply;

    /// <summary>The provider or the model will not speak of this record; asking again would not help. Costs what it says.</summary>
    /// <param name="Problem">A word for it: <c>refused</c>, <c>too_large</c> or <c>rejected</c>.</param>
    /// <param name="Used">What was paid for; null where the model refused and the provider does not tell.</param>
    public sealed record Refused(string Problem, TokenUse? Used) : ModelReply;

    /// <summary>Nothing came, or nothing that could be read: the provider's or the line's trouble.</summary>
    /// <param name="Problem">A word for it: <c>timeout</c>, <c>connection</c> or <c>status_503</c>.</param>
    /// <param name="MayBePaid">The model may have worked on it.</param>
    public sealed record Failed(string Problem, bool MayBePaid) : ModelReply;

    /// <summary>Too many calls: the gate is shut for a while, and nothing was paid.</summary>
    public sealed record Throttled : ModelReply;
}

/// <summary>Tokens of a call, those of the model's reasoning included.</summary>
internal readonly record struct TokenUse(long Input, long Output)
{
    /// <summary>A call that nobody pays for.</summary>
    public static readonly TokenUse None = new(0, 0);
}
