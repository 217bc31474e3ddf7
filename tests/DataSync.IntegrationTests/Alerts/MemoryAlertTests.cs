using DataSync.Alerts;
using DataSync.Alerts.Measured;
using DataSync.Platform.Monitoring;
using DataSync.Platform.Tenancy;
using DataSync.Process.Realtime;
using Microsoft.Extensions.Logging.Abstractions;

namespace DataSync.IntegrationTests.Alerts;

/// <summary>The memory of a process as it is really reserved, and the alert that is made of it.</summary>
public sealed class MemoryAlertTests(AlertApi api) : IClassFixture<AlertApi>
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Memory_alerts_while_runs_hold_more_than_four_fifths_of_it_and_not_at_four_fifths()
    {
        var tenant = $"operator {Guid.NewGuid():n}";
        var (memory, limit) = (api.Get<RealtimeMemory>(), api.Get<RealtimeOptions>().LimitBytes);
        var process = new ProcessAlerts(
            api.Every<ProcessMeasure>().Where(m => m.Condition == "memory"), api.Get<TenantDatabase>(), new AlertOptions { OperatorTenant = tenant }, TimeProvider.System, NullLogger<ProcessAlerts>.Instance);
        using var one = await memory.OpenAsync("one", Ct);
        using var other = await memory.OpenAsync("other", Ct);
        one.Take(limit / 2);
        other.Take((limit / 5 * 4) - (limit / 2));
        Assert.Equal(0, await OpenAsync());
        var last = await memory.OpenAsync("last", Ct);
        last.Take((limit / 100) + 5);
        Assert.Equal(1, await OpenAsync());
        Assert.Equal(1, await OpenAsync());
        Assert.Equal(
            $"memory {process.Subject} 0.8 0.81",
            await api.ScalarAsync<string>("SELECT condition || ' ' || subject || ' ' || threshold || ' ' || round(value::numeric, 3)::double precision FROM alerts WHERE tenant_id = $1", tenant));
        last.Dispose();
        Assert.Equal(0, await OpenAsync());
        Assert.Equal(1L, await api.ScalarAsync<long>("SELECT count(*) FROM alerts WHERE tenant_id = $1 AND over_at IS NOT NULL", tenant));

        async Task<long> OpenAsync()
        {
            await process.LookAsync(Ct);
            return await api.ScalarAsync<long>("SELECT count(*) FROM alerts WHERE tenant_id = $1 AND over_at IS NULL", tenant);
        }
    }
}
