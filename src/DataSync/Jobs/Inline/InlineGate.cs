using DataSync.Pipeline.Failures;
using DataSync.Platform.Tenancy.Settings;

namespace DataSync.Jobs.Inline;

/// <summary>
/// Places for runs in this process. A tenant's callers first wait for one of the tenant's places, so that they never fill the process's; nobody waits
/// longer than the setting says.
/// </summary>
internal sealed class InlineGate(InlineOptions options, EngineOptions engine, TimeProvider time, TenantSettingsAtHand? settings = null) : IDisposable
{
    private readonly SemaphoreSlim _process = new(options.MaxRuns);
    private readonly Dictionary<string, TenantPlaces> _tenants = new(StringComparer.Ordinal);
    private readonly Lock _gate = new();
    private int _waiting;

    /// <summary>Waits for a place; disposing it gives it back. Throws where there is none in time.</summary>
    public async Task<InlinePlace> EnterAsync(string tenantId, CancellationToken ct)
    {
        var until = time.GetUtcNow() + options.Wait;
        var limit = settings is null ? null : (await settings.OfAsync(tenantId, ct))?.MaxConcurrentJobs;
        var tenant = Use(tenantId, limit ?? engine.MaxConcurrentJobsPerTenant);
        var places = new InlinePlace(this, tenantId, until);
        try
        {
            if (!await TakeAsync(tenant.Places, until, ct)) throw Refused(tenant.Count);
            places.HasTenant = true;
            if (!await TakeAsync(_process, until, ct)) throw Refused(options.MaxRuns);
            places.HasProcess = true;
            return places;
        }
        catch
        {
            places.Dispose();
            throw;
        }
    }

    public static SyncFailureException Refused(int limit)
        => new(SyncFailure.Transient("errors.realtime.too_many", ("limit", limit)) with { RetryAfter = TimeSpan.FromSeconds(1) });

    public void Dispose()
    {
        _process.Dispose();
        foreach (var tenant in _tenants.Values) tenant.Places.Dispose();
    }

    internal void Leave(InlinePlace place)
    {
        if (place.HasProcess) _process.Release();
        lock (_gate)
        {
            var tenant = _tenants[place.TenantId];
            if (place.HasTenant) tenant.Places.Release();
            if (--tenant.Users > 0) return;
            _tenants.Remove(place.TenantId);
            tenant.Places.Dispose();
        }
    }

    /// <summary>The tenant's places, as many as its limit was at its highest since somebody last waited for none; a lower one is kept by <see cref="InlineJobs"/>, which counts over all machines.</summary>
    private TenantPlaces Use(string tenantId, int limit)
    {
        lock (_gate)
        {
            if (!_tenants.TryGetValue(tenantId, out var tenant)) _tenants[tenantId] = tenant = new TenantPlaces(limit);
            tenant.Users++;
            tenant.GrowTo(limit);
            return tenant;
        }
    }

    private async Task<bool> TakeAsync(SemaphoreSlim places, DateTimeOffset until, CancellationToken ct)
    {
        if (places.Wait(TimeSpan.Zero, ct)) return true;
        var left = until - time.GetUtcNow();
        if (left <= TimeSpan.Zero) return false;
        try
        {
            return Interlocked.Increment(ref _waiting) <= options.MaxWaiting && await places.WaitAsync(left, ct);
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
        }
    }

    private sealed class TenantPlaces(int count)
    {
        public SemaphoreSlim Places { get; } = new(count);

        public int Count { get; private set; } = count;

        public void GrowTo(int most)
        {
            if (most <= Count) return;
            Places.Release(most - Count);
            Count = most;
        }

        public int Users { get; set; }
    }
}

/// <summary>A place for one run.</summary>
/// <param name="gate">Whose place.</param>
/// <param name="tenantId">The tenant.</param>
/// <param name="until">When the caller stops waiting for what else the run needs.</param>
internal sealed class InlinePlace(InlineGate gate, string tenantId, DateTimeOffset until) : IDisposable
{
    private bool _left;

    public string TenantId { get; } = tenantId;

    public DateTimeOffset Until { get; } = until;

    internal bool HasTenant { get; set; }

    internal bool HasProcess { get; set; }

    public void Dispose()
    {
        if (_left) return;
        _left = true;
        gate.Leave(this);
    }
}
