using System.Diagnostics.Metrics;
using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;
using DataSync.Platform.Monitoring;
using Microsoft.Extensions.Hosting;
using Npgsql;

namespace DataSync.Platform.Tenancy;

/// <summary>
/// Notices that our own code ran into a wall between tenants: the second one, which refuses to save another tenant's entity, or the first, a row that the database's own security
/// refused. Either is a bug that did no harm this time. It hears of the exception where it is thrown, so nobody who catches it can keep it quiet.
/// </summary>
internal sealed class IsolationWatch : IHostedService, IDisposable
{
    /// <summary>Name of the condition.</summary>
    public const string Condition = "isolation";

    /// <summary>It is over when nothing more happened for so long.</summary>
    private static readonly TimeSpan Quiet = TimeSpan.FromMinutes(5);

    private readonly ConditionalWeakTable<Exception, object> _counted = [];
    private readonly TimeProvider _time;
    private readonly Meter _meter;
    private readonly Counter<long> _violations;
    private long _count;
    private long _last = long.MinValue;

    public IsolationWatch(IMeterFactory meters, TimeProvider time)
    {
        _time = time;
        _meter = meters.Create(SyncTelemetry.Name);
        _violations = _meter.CreateCounter<long>("datasync.isolation.violations", "{violation}", "Attempts of our own code to touch another tenant's rows, all of them refused");
    }

    /// <summary>Measures now.</summary>
    public MeasuredLevel Read()
    {
        var last = Interlocked.Read(ref _last);
        return new MeasuredLevel(Interlocked.Read(ref _count), 0, last != long.MinValue && _time.GetElapsedTime(last) < Quiet);
    }

    public Task StartAsync(CancellationToken cancellationToken)
    {
        _violations.Add(0); // shown from the beginning
        AppDomain.CurrentDomain.FirstChanceException += Hear;
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken)
    {
        AppDomain.CurrentDomain.FirstChanceException -= Hear;
        return Task.CompletedTask;
    }

    public void Dispose()
    {
        AppDomain.CurrentDomain.FirstChanceException -= Hear;
        _meter.Dispose();
    }

    private static bool IsViolation(Exception exception)
        => exception is CrossTenantWriteException or PostgresException { SqlState: PostgresErrorCodes.InsufficientPrivilege, Routine: "ExecWithCheckOptions" };

    /// <summary>An exception that goes up through many frames is heard of again and again, and counted once.</summary>
    private void Hear(object? sender, FirstChanceExceptionEventArgs thrown)
    {
        if (!IsViolation(thrown.Exception) || !_counted.TryAdd(thrown.Exception, this)) return;
        Interlocked.Increment(ref _count);
        Interlocked.Exchange(ref _last, _time.GetTimestamp());
        _violations.Add(1);
    }
}
