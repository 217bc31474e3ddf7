namespace DataSync.Pipeline.Connectors;

/// <summary>One check of a connection test.</summary>
/// <param name="Name">A stable name: <c>resolve</c>, <c>connect</c>, <c>authenticate</c>, <c>read_only</c>, <c>query</c> …</param>
/// <param name="Passed">True if it held; null if it could not run because an earlier one failed.</param>
/// <param name="Milliseconds">How long it took.</param>
/// <param name="MessageKey">What is wrong, as a key of the language files (<c>errors.…</c>); null where it passed.</param>
/// <param name="HintKey">What to do about it, as a key of the language files (<c>hints.…</c>).</param>
/// <param name="Params">Values for the placeholders of both.</param>
internal sealed record ConnectionCheck(
    string Name, bool? Passed, double Milliseconds, string? MessageKey = null, string? HintKey = null,
    IReadOnlyDictionary<string, object?>? Params = null)
{
    /// <summary>How it is told: <c>passed</c>, <c>failed</c>, or <c>skipped</c> where an earlier one had to pass first.</summary>
    public string Outcome => Passed switch { true => "passed", false => "failed", null => "skipped" };
}
