using System.Diagnostics;

namespace DataSync.IntegrationTests.Platform.Authentication;

/// <summary>Counts what the database is asked from here on by this flow of calls and by no other: by Npgsql's own spans, which know whose they are.</summary>
internal sealed class AskedStatements : IDisposable
{
    private readonly Activity _own = new Activity("asked").SetIdFormat(ActivityIdFormat.W3C).Start();
    private readonly ActivityListener _listener;
    private int _count;

    public AskedStatements()
    {
        _listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == "Npgsql",
            Sample = (ref ActivityCreationOptions<ActivityContext> options) => options.Parent.TraceId == _own.TraceId ? ActivitySamplingResult.AllData : ActivitySamplingResult.None,
            ActivityStopped = span =>
            {
                if (span.TraceId == _own.TraceId && span.Kind == ActivityKind.Client && !span.OperationName.Contains("CONNECT", StringComparison.OrdinalIgnoreCase)) Interlocked.Increment(ref _count);
            },
        };
        ActivitySource.AddActivityListener(_listener);
    }

    /// <summary>Batches and single statements, each counted once.</summary>
    public int Count => Volatile.Read(ref _count);

    public void Dispose()
    {
        _listener.Dispose();
        _own.Dispose();
    }
}
