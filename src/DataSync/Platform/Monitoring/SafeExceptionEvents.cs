using System.Diagnostics;

namespace DataSync.Platform.Monitoring;

/// <summary>
/// Keeps exceptions' messages out of spans, as <see cref="SafeExceptionSink"/> keeps them out of logs: a database's message may quote a
/// customer's data. A span's exception keeps its type and where it was thrown.
/// </summary>
internal sealed class SafeExceptionEvents : IDisposable
{
    private readonly ActivityListener _listener = new()
    {
        ShouldListenTo = static _ => true,

        // What is set here, the runtime does not set: the message, and the stack trace that would begin with it.
        ExceptionRecorder = static (_, exception, ref tags) =>
        {
            tags.Add("exception.message", "");
            tags.Add("exception.stacktrace", exception.StackTrace);
        },
    };

    public SafeExceptionEvents() => ActivitySource.AddActivityListener(_listener);

    public void Dispose() => _listener.Dispose();
}
