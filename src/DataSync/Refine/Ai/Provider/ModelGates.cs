using System.Collections.Concurrent;

namespace DataSync.Refine.Ai.Provider;

/// <summary>The gate of each model. This process has one endpoint and one key, so a model's limit is one for all tenants.</summary>
internal sealed class ModelGates(AiOptions options, TimeProvider time)
{
    private readonly ConcurrentDictionary<string, RateGate> _gates = new(StringComparer.Ordinal);

    public RateGate Of(string model) => _gates.GetOrAdd(model, _ => new RateGate(options.MaxConcurrency, options.ThrottleTime, time));
}
