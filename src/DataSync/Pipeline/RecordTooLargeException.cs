using DataSync.Pipeline.Failures;

namespace DataSync.Pipeline;

/// <summary>A document grew beyond the bound of its buffer. Whoever can leave something out of it does; where nobody can, it is a failure for good.</summary>
internal sealed class RecordTooLargeException() : SyncFailureException(SyncFailure.Permanent(Key, ("field", "*")))
{
    /// <summary>The key of the failure, and of a record that is refused for it.</summary>
    public const string Key = "errors.record.too_large";
}
