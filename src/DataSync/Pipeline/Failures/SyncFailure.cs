namespace DataSync.Pipeline.Failures;

/// <summary>How the engine answers a failure.</summary>
internal enum FailureKind
{
    /// <summary>May go away by itself: retry by the policy.</summary>
    Transient,

    /// <summary>Will fail again: end the job at once.</summary>
    Permanent,

    /// <summary>Something that must not happen did: stop, roll back, alert.</summary>
    Critical,
}

/// <summary>A failure with a name. The key decides code, type and HTTP status in the error catalogue; the text is in the language files.</summary>
/// <param name="Kind">How the engine answers it.</param>
/// <param name="MessageKey">A key such as <c>errors.connection.refused</c>.</param>
/// <param name="Params">Values for the message's placeholders; never a secret, never payload.</param>
/// <param name="RetryAfter">The other side's own wish for the wait before the next try.</param>
internal sealed record SyncFailure(
    FailureKind Kind, string MessageKey, IReadOnlyDictionary<string, object?>? Params = null, TimeSpan? RetryAfter = null)
{
    public static SyncFailure Transient(string key, params (string Name, object? Value)[] values) => Of(FailureKind.Transient, key, values);

    public static SyncFailure Permanent(string key, params (string Name, object? Value)[] values) => Of(FailureKind.Permanent, key, values);

    private static SyncFailure Of(FailureKind kind, string key, (string Name, object? Value)[] values)
        => new(kind, key, values.ToDictionary(v => v.Name, v => v.Value, StringComparer.Ordinal));
}
