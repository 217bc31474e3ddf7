using System.Diagnostics.Metrics;

namespace DataSync.IntegrationTests.Alerts;

/// <summary>Makes meters that belong to nobody else: what other tests of the process measure is not among theirs.</summary>
internal sealed class Meters : IMeterFactory
{
    public Meter Create(MeterOptions options)
    {
        options.Scope = this;
        return new Meter(options);
    }

    public void Dispose()
    {
    }
}
