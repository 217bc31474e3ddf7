using System.Diagnostics.Metrics;
using DataSync.Pipeline.Failures;
using DataSync.Platform.Monitoring;
using DataSync.Platform.Tenancy.Settings;

namespace DataSync.Process.Realtime;

/// <summary>
/// The memory that records held in this process take, counted in bytes really rented. What does not fit is refused: for good where the run alone is too
/// large, for the moment where others take the room.
/// </summary>
internal sealed class RealtimeMemory : IDisposable
{
    private const double HighShare = 0.8;
    private static readonly TimeSpan Wait = TimeSpan.FromSeconds(1);
    private readonly RealtimeOptions _options;
    private readonly TenantSettingsAtHand? _settings;
    private readonly Lock _gate = new();
    private readonly Dictionary<string, long> _byTenant = new(StringComparer.Ordinal);
    private readonly Meter _meter;
    private long _held;

    public RealtimeMemory(RealtimeOptions options, IMeterFactory meters, TimeProvider time, TenantSettingsAtHand? settings = null)
    {
        (_options, _settings) = (options, settings);
        Slabs = new SlabPool(time);
        _meter = meters.Create(SyncTelemetry.Name);
        _meter.CreateObservableGauge("datasync.realtime.memory", () => Held, "By", "Memory that held records take");
        _meter.CreateObservableGauge("datasync.realtime.memory.limit", () => _options.LimitBytes, "By", "Memory that held records may take");
    }

    /// <summary>Bytes held by all runs.</summary>
    public long Held => Interlocked.Read(ref _held);

    public SlabPool Slabs { get; }

    /// <summary>Measures for alerts: more than four fifths of the limit is too much.</summary>
    public MeasuredLevel Measure()
    {
        var (held, limit) = ((double)Held, (double)_options.LimitBytes);
        return new MeasuredLevel(held / limit, HighShare, held > HighShare * limit);
    }

    /// <summary>Opens the account of one run; disposing it gives everything back. What the tenant may hold is as set for it at this moment, and never more than there is for all.</summary>
    public async ValueTask<MemoryAccount> OpenAsync(string tenantId, CancellationToken ct)
    {
        var own = _settings is null ? null : (await _settings.OfAsync(tenantId, ct))?.RealtimeBytes;
        return new MemoryAccount(this, tenantId, own is { } bytes ? Math.Min(bytes, _options.LimitBytes) : _options.TenantBytes);
    }

    /// <summary>Takes bytes for a run that holds <paramref name="own"/> already and whose tenant may hold <paramref name="limit"/>, or throws.</summary>
    internal void Take(string tenantId, long limit, long own, long bytes)
    {
        lock (_gate)
        {
            var tenant = _byTenant.GetValueOrDefault(tenantId) + bytes;
            if (own + bytes > limit) throw new SyncFailureException(SyncFailure.Permanent("errors.realtime.too_large", ("limit", limit), ("size", own + bytes)));
            if (tenant > limit) throw Busy(limit, tenant - bytes);
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
internal sealed class MemoryAccount(RealtimeMemory memory, string tenantId, long limit) : IDisposable
{
    public long Held { get; private set; }

    public SlabPool Slabs => memory.Slabs;

    /// <summary>Takes bytes, or throws where they do not fit.</summary>
    public void Take(long bytes)
    {
        memory.Take(tenantId, limit, Held, bytes);
        Held += bytes;
    }

    public void Dispose()
    {
        if (Held > 0) memory.Return(tenantId, Held);
        Held = 0;
    }
}
