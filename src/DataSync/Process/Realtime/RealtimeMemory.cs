using System.Diagnostics.Metrics;
using DataSync.Pipeline.Failures;
using DataSync.Platform.Monitoring;

namespace DataSync.Process.Realtime;

/// <summary>
/// The memory that records held in this process take, counted in bytes really rented. What does not fit is refused: for good where the run alone is too
/// large, for the moment where others take the room.
/// </summary>
internal sealed class RealtimeMemory : IDisposable
{
    private static readonly TimeSpan Wait = TimeSpan.FromSeconds(1);
    private readonly RealtimeOptions _options;
    private readonly Lock _gate = new();
    private readonly Dictionary<string, long> _byTenant = new(StringComparer.Ordinal);
    private readonly Meter _meter;
    private long _held;

    public RealtimeMemory(RealtimeOptions options, IMeterFactory meters, TimeProvider time)
    {
        _options = options;
        Slabs = new SlabPool(time);
        _meter = meters.Create(SyncTelemetry.Name);
        _meter.CreateObservableGauge("datasync.realtime.memory", () => Held, "By", "Memory that held records take");
        _meter.CreateObservableGauge("datasync.realtime.memory.limit", () => _options.LimitBytes, "By", "Memory that held records may take");
    }

    /// <summary>Bytes held by all runs.</summary>
    public long Held => Interlocked.Read(ref _held);

    /// <summary>What one tenant may hold.</summary>
    public long TenantBytes => _options.TenantBytes;

    public SlabPool Slabs { get; }

    /// <summary>Opens the account of one run; disposing it gives everything back.</summary>
    public MemoryAccount Open(string tenantId) => new(this, tenantId);

    /// <summary>Takes bytes for a run that holds <paramref name="own"/> already, or throws.</summary>
    internal void Take(string tenantId, long own, long bytes)
    {
        lock (_gate)
        {
            var tenant = _byTenant.GetValueOrDefault(tenantId) + bytes;
            if (own + bytes > _options.TenantBytes) throw new SyncFailureException(SyncFailure.Permanent("errors.realtime.too_large", ("limit", _options.TenantBytes), ("size", own + bytes)));
            if (tenant > _options.TenantBytes) throw Busy(_options.TenantBytes, tenant - bytes);
            if (_held + bytes > _options.LimitBytes) throw Busy(_options.LimitBytes, _held);
            _byTenant[tenantId] = tenant;
            Interlocked.Add(ref _held, bytes);
        }
    }

    internal void Return(string tenantId, long bytes)
    {
        lock (_gate)
        {
            var left = _byTenant.GetValueOrDefault(tenantId) - bytes;
            if (left > 0) _byTenant[tenantId] = left;
            else _byTenant.Remove(tenantId);
            if (Interlocked.Add(ref _held, -bytes) == 0) Slabs.TrimLater();
        }
    }

    public void Dispose()
    {
        _meter.Dispose();
        Slabs.Dispose();
    }

    private static SyncFailureException Busy(long limit, long held)
        => new(SyncFailure.Transient("errors.realtime.memory_busy", ("limit", limit), ("size", held)) with { RetryAfter = Wait });
}

/// <summary>What one run holds. Not for several threads at once.</summary>
internal sealed class MemoryAccount(RealtimeMemory memory, string tenantId) : IDisposable
{
    public long Held { get; private set; }

    public SlabPool Slabs => memory.Slabs;

    /// <summary>Takes bytes, or throws where they do not fit.</summary>
    public void Take(long bytes)
    {
        memory.Take(tenantId, Held, bytes);
        Held += bytes;
    }

    public void Dispose()
    {
        if (Held > 0) memory.Return(tenantId, Held);
        Held = 0;
    }
}
