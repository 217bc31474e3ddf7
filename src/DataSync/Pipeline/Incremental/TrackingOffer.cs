namespace DataSync.Pipeline.Incremental;

/// <summary>Whether the changes of a table can be followed.</summary>
/// <param name="Method">One of <see cref="TrackingMethods"/>, but the cursor.</param>
/// <param name="IsAvailable">It can be used now.</param>
/// <param name="Reason">What is missing where it cannot.</param>
internal sealed record TrackingOffer(string Method, bool IsAvailable, TrackingReason? Reason = null)
{
    /// <summary>What the connector found out for it, in its own words, so that planning a moment later need not ask again; null where there is nothing.</summary>
    public object? Found { get; init; }
}

/// <summary>The ways to find what changed.</summary>
internal static class TrackingMethods
{
    /// <summary>The server's log.</summary>
    public const string Log = "log";

    /// <summary>The server's own tables of changes.</summary>
    public const string ChangeTracking = "change_tracking";

    /// <summary>A table that triggers write.</summary>
    public const string ChangeLog = "change_log";

    /// <summary>A column that grows.</summary>
    public const string Cursor = "cursor";
}

/// <summary>Why something is as it is: worded in the reader's language when it is read. Its JSON form is part of a checkpoint and of the job.</summary>
/// <param name="Key">A key of the language files, such as <c>tracking.log.wal_level</c>.</param>
/// <param name="Params">Values for the text's placeholders: texts and numbers; never a secret, never payload.</param>
internal sealed record TrackingReason(string Key, IReadOnlyDictionary<string, object?> Params)
{
    public static TrackingReason Of(string key, params (string Name, object? Value)[] values)
        => new(key, values.ToDictionary(v => v.Name, v => v.Value, StringComparer.Ordinal));
}
