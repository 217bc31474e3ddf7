using System.Diagnostics.Metrics;
using DataSync.Jobs;
using DataSync.Pipeline;
using DataSync.Platform.Monitoring;
using Microsoft.Extensions.DependencyInjection;

namespace DataSync.Tests.Platform.Monitoring;

/// <summary>What a process's page of metrics shows before anything has happened.</summary>
public sealed class SyncTelemetryTests
{
    [Fact]
    public async Task Start_shows_each_outcome_and_mode_of_jobs_at_zero()
    {
        var shown = await ShownAsync("datasync.jobs");
        Assert.Equal(
            JobStatus.All.Where(JobStatus.IsFinal).SelectMany(s => ((string[])[SyncModes.Async, SyncModes.Realtime, SyncModes.Hybrid]).Select(m => $"outcome={s},mode={m} 0")).Order(StringComparer.Ordinal),
            shown.Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("datasync.records", "mode=async 0|mode=realtime 0|mode=hybrid 0")]
    [InlineData("datasync.records.rejected", "mode=async 0|mode=realtime 0|mode=hybrid 0")]
    [InlineData("datasync.bytes", "mode=async 0|mode=realtime 0|mode=hybrid 0")]
    [InlineData("datasync.schedule.runs", "outcome=queued 0|outcome=put_off 0|outcome=refused 0")]
    [InlineData("datasync.cache.reads", "kind=source,result=hit 0|kind=source,result=miss 0|kind=source,result=bypass 0|kind=settings,result=hit 0|kind=settings,result=miss 0|kind=settings,result=bypass 0|kind=schema,result=hit 0|kind=schema,result=miss 0|kind=rules,result=hit 0|kind=rules,result=miss 0")]
    public async Task Start_shows_every_series_of_a_counter_at_zero(string counter, string expected)
        => Assert.Equal(expected.Split('|').Order(StringComparer.Ordinal), (await ShownAsync(counter)).Order(StringComparer.Ordinal));

    private static async Task<List<string>> ShownAsync(string counter)
    {
        await using var services = new ServiceCollection().AddMetrics().BuildServiceProvider();
        var meters = services.GetRequiredService<IMeterFactory>();
        using var telemetry = new SyncTelemetry(meters);
        List<string> shown = [];
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, listener) =>
            {
                if (ReferenceEquals(instrument.Meter.Scope, meters) && instrument.Name == counter) listener.EnableMeasurementEvents(instrument);
            },
        };
        listener.SetMeasurementEventCallback<long>((_, value, tags, _) => shown.Add(string.Join(',', tags.ToArray().Select(t => $"{t.Key}={t.Value}")) + $" {value}"));
        listener.Start();
        await telemetry.StartAsync(TestContext.Current.CancellationToken);
        return shown;
    }
}
