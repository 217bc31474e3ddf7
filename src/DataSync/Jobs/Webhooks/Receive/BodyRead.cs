using DataSync.Pipeline.Failures;

namespace DataSync.Jobs.Webhooks.Receive;

/// <summary>A body, or why it was not taken. No exception tells that: who is sent too much refuses as fast as it takes in.</summary>
/// <param name="Bytes">The body; empty where there is a failure.</param>
/// <param name="Failure">What to answer instead of taking it.</param>
internal readonly record struct BodyRead(byte[] Bytes, SyncFailure? Failure)
{
    public static BodyRead Of(byte[] bytes) => new(bytes, null);

    public static BodyRead Refused(SyncFailure failure) => new([], failure);
}
