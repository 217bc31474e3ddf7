using System.Collections.Concurrent;

namespace DataSync.Refine.Ai.Answers;

/// <summary>Lets one ask for an answer while others who want the same wait for it: records that are alike are asked for once, also when they come together.</summary>
internal sealed class Flights
{
    private readonly ConcurrentDictionary<string, Task> _flights = new(StringComparer.Ordinal);

    /// <summary>Takes off; null where another had and has landed meanwhile: its answer may be there now.</summary>
    public async Task<Flight?> BeginAsync(byte[] key, CancellationToken ct)
    {
        var name = Convert.ToHexString(key);
        var flight = new Flight(this, name);
        var current = _flights.GetOrAdd(name, flight.Landed);
        if (ReferenceEquals(current, flight.Landed)) return flight;
        await current.WaitAsync(ct);
        return null;
    }

    internal sealed class Flight(Flights flights, string name) : IDisposable
    {
        private readonly TaskCompletionSource _landed = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Landed => _landed.Task;

        public void Dispose()
        {
            flights._flights.TryRemove(new KeyValuePair<string, Task>(name, Landed));
            _landed.TrySetResult();
        }
    }
}
