using System.Diagnostics.Metrics;
using DataSync.IntegrationTests.Sources;
using DataSync.Platform.Audit;
using DataSync.Platform.Audit.Chain;
using DataSync.Platform.Persistence;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace DataSync.IntegrationTests.Platform.Audit;

/// <summary>Chaining that fails is said once by the log and counted each time, so that somebody can be called while it goes on.</summary>
public sealed class AuditSealingFailureTests : IDisposable
{
    private readonly CollectedLogs _logs = new();
    private readonly ServiceProvider _metrics = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private readonly MeterListener _listener = new();
    private readonly TaskCompletionSource _thrice = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _failures;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Sealing_without_a_database_is_logged_once_and_counted_each_time()
    {
        const string Nobody = "Host=127.0.0.1;Port=1;Username=u;Password=p;Database=d;Timeout=5";
        await using var sources = new DataSources(new DatabaseOptions { Connection = Nobody, SystemConnection = Nobody });
        var options = new AuditOptions { SealEvery = TimeSpan.FromMilliseconds(20) };
        using var factory = LoggerFactory.Create(b => b.AddProvider(_logs));
        using var sealing = new AuditSealing(
            new AuditSealer(sources), new AuditAnchors(options, TimeProvider.System, NullLogger<AuditAnchors>.Instance), sources, options, Meters(), TimeProvider.System, new Logger<AuditSealing>(factory));
        await sealing.StartAsync(Ct);
        await _thrice.Task.WaitAsync(TimeSpan.FromMinutes(2), Ct);
        await sealing.StopAsync(Ct);
        Assert.Single(_logs.Lines, l => l.StartsWith("Error 2001 ", StringComparison.Ordinal));
    }

    public void Dispose()
    {
        _listener.Dispose();
        _metrics.Dispose();
        _logs.Dispose();
    }

    private IMeterFactory Meters()
    {
        var meters = _metrics.GetRequiredService<IMeterFactory>();
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (ReferenceEquals(instrument.Meter.Scope, meters) && instrument.Name == "datasync.audit.seal_failures") listener.EnableMeasurementEvents(instrument);
        };
        _listener.SetMeasurementEventCallback<long>((_, value, _, _) =>
        {
            if (Interlocked.Add(ref _failures, value) >= 3) _thrice.TrySetResult();
        });
        _listener.Start();
        return meters;
    }
}
