namespace DataSync.Refine.Ai.Provider;

/// <summary>What came of a call.</summary>
internal abstract record ModelReply
{
    private ModelReply() { }

    /// <summary>The model answered; whether the answer is any good is another question.</summary>
    /// <param name="Text">The answer; empty where there is none.</param>
    /// <param name="IsCut">It ended because it reached its length.</param>
    /// <param name="InputTokens">Tokens paid for.</param>
    /// <param name="OutputTokens">Tokens paid for, those of its reasoning included.</param>
    public sealed record Answered(string Text, bool IsCut, long InputTokens, long OutputTokens) : ModelReply;

    /// <summary>The provider or the model will not speak of this record; asking again would not help. Costs what it says.</summary>
    /// <param name="Problem">A word for it: <c>refused</c>, <c>too_large</c> or <c>rejected</c>.</param>
    /// <param name="InputTokens">Tokens paid for.</param>
    /// <param name="OutputTokens">Tokens paid for.</param>
    public sealed record Refused(string Problem, long InputTokens = 0, long OutputTokens = 0) : ModelReply;

    /// <summary>Nothing came, or nothing that could be read: the provider's or the line's trouble.</summary>
    /// <param name="Problem">A word for it: <c>timeout</c>, <c>connection</c> or <c>status_503</c>.</param>
    public sealed record Failed(string Problem) : ModelReply;

    /// <summary>Too many calls: the gate is shut for a while, and nothing was paid.</summary>
    public sealed record Throttled : ModelReply;
}
