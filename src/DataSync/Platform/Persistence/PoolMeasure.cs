using System.Diagnostics.Metrics;
using DataSync.Platform.Monitoring;
using Npgsql;

namespace DataSync.Platform.Persistence;

/// <summary>How many connections of the application's pool are taken, as Npgsql itself counts them for its metrics. A pool whose every connection is taken is exhausted: whoever comes next waits.</summary>
internal sealed class PoolMeasure : IDisposable
{
    /// <summary>Name of the condition.</summary>
    public const string Condition = "connection_pool";

    private readonly MeterListener _listener = new();
    private readonly int _most;
    private long _used;

    public PoolMeasure(DatabaseOptions options)
    {
        _most = new NpgsqlConnectionStringBuilder(DataSources.Builder(options.Connection, DataSources.AppName, DataSources.AppPool)).MaxPoolSize;
        _listener.InstrumentPublished = static (instrument, listener) =>
        {
            if (instrument is { Meter.Name: "Npgsql", Name: "db.client.connection.count" }) listener.EnableMeasurementEvents(instrument);
        };
        _listener.SetMeasurementEventCallback<int>((_, count, tags, _) => Take(count, tags));
        _listener.SetMeasurementEventCallback<long>((_, count, tags, _) => Take(count, tags));
        _listener.Start();
    }

    /// <summary>Measures now.</summary>
    public MeasuredLevel Read()
    {
        _used = 0;
        _listener.RecordObservableInstruments();
        return new MeasuredLevel(_used, _most, _used >= _most);
    }

    public void Dispose() => _listener.Dispose();

    private void Take(long count, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var (isApp, isUsed) = (false, false);
        foreach (var (name, value) in tags)
        {
            if (name == "db.client.connection.pool.name") isApp = value as string == DataSources.AppName;
            else if (name == "db.client.connection.state") isUsed = value as string == "used";
        }

        if (isApp && isUsed) _used = Math.Max(_used, count);
    }
}
