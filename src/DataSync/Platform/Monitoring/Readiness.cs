using DataSync.Pipeline.Failures;
using Microsoft.Extensions.Logging;

namespace DataSync.Platform.Monitoring;

/// <summary>What one check found.</summary>
internal sealed record ReadinessResult(string Name, SyncFailure? Failure, double Milliseconds);

/// <summary>Asks all checks at once, and at most once a second however many probes there are.</summary>
internal sealed partial class Readiness(IEnumerable<IReadinessCheck> checks, TimeProvider time, ILogger<Readiness> logger) : IDisposable
{
    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly IReadinessCheck[] _checks = [.. checks.OrderBy(c => c.Name, StringComparer.Ordinal)];
    private readonly SemaphoreSlim _one = new(1);
    private IReadOnlyList<ReadinessResult> _last = [];
    private long? _asked;

    public async Task<IReadOnlyList<ReadinessResult>> AskAsync(CancellationToken cancellationToken)
    {
        await _one.WaitAsync(cancellationToken);
        try
        {
            if (_asked is { } asked && time.GetElapsedTime(asked) < Fresh) return _last;
            _last = await Task.WhenAll(_checks.Select(AskAsync));
            _asked = time.GetTimestamp();
            return _last;
        }
        finally
        {
            _one.Release();
        }
    }

    public void Dispose() => _one.Dispose();

    // the answer is shared by all probes, so one that leaves must not end the check of the others
    private async Task<ReadinessResult> AskAsync(IReadinessCheck check)
    {
        var start = time.GetTimestamp();
        SyncFailure? failure;
        using var patience = new CancellationTokenSource(Patience, time);
        try
        {
            failure = await check.CheckAsync(patience.Token).WaitAsync(patience.Token);
        }
        catch (OperationCanceledException) when (patience.IsCancellationRequested)
        {
            failure = SyncFailure.Transient("errors.readiness.timeout", ("seconds", (int)Patience.TotalSeconds));
        }
#pragma warning disable CA1031 // a broken check is a failed check
        catch (Exception e)
#pragma warning restore CA1031
        {
            LogBroken(check.Name, e);
            failure = SyncFailure.Transient("errors.readiness.failed");
        }

        return new ReadinessResult(check.Name, failure, time.GetElapsedTime(start).TotalMilliseconds);
    }

    [LoggerMessage(1210, LogLevel.Warning, "The readiness check {Check} failed with an exception")]
    private partial void LogBroken(string check, Exception exception);
}
