using DataSync.Platform.Http.Egress;
using DataSync.Platform.Tenancy;
using DataSync.Refine.Ai.Answers;
using DataSync.Refine.Ai.Provider;
using Microsoft.Extensions.Options;

namespace DataSync.Refine.Ai;

/// <summary>The model of this installation, with all that stands around a call: one of each in a process.</summary>
internal sealed class AiModel(IOptions<AiOptions> options, EgressPolicy egress, TenantDatabase database, TimeProvider time) : IDisposable
{
    private readonly Lazy<ModelClient> _client = new(() => new ModelClient(options.Value, egress, time));

    public AiOptions Options { get; } = options.Value;

    public TimeProvider Time { get; } = time;

    public ModelClient Client => _client.Value;

    public ModelGates Gates { get; } = new(options.Value, time);

    public AnswerStore Answers { get; } = new(database, options.Value);

    public Flights Flights { get; } = new();

    public void Dispose()
    {
        if (_client.IsValueCreated) _client.Value.Dispose();
    }
}
