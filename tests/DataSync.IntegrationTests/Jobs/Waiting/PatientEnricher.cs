using System.Text;
using System.Text.Json;
using DataSync.Pipeline;
using DataSync.Pipeline.Enriching;
using DataSync.Pipeline.Failures;

namespace DataSync.IntegrationTests.Jobs.Waiting;

/// <summary>An enricher that works and waits as the test wants, and counts for which records it was asked.</summary>
internal sealed class PatientEnricher(Func<EnrichmentContext, CancellationToken, Task<EnrichmentEnd>> work, string kind = "test") : IEnricher
{
    public string Kind => kind;

    public int Order => 1;

    public IReadOnlySet<string> Members { get; } = new HashSet<string>(StringComparer.Ordinal) { "test" };

    public IEnumerable<Fault> Validate(JsonElement refinementConfig, string mode, string path) => [];

    public bool IsAskedFor(JsonElement refinementConfig) => refinementConfig.TryGetProperty("test", out _);

    public ValueTask<IEnrichment> OpenAsync(SyncRun run, CancellationToken ct) => ValueTask.FromResult<IEnrichment>(new Work(work));

    /// <summary>A job that asks for it.</summary>
    public static SyncPlan Plan { get; } = new() { RefinementConfig = JsonElement.Parse("""{"test":true}""") };

    /// <summary>A result for a record.</summary>
    public static EnrichedRecord Result(long seq) => new(seq, Encoding.UTF8.GetBytes($$"""{"outcome":"completed","n":{{seq}}}"""));

    /// <summary>The next position, behind results of ten records.</summary>
    public static async Task<long> TenAsync(EnrichmentContext context, long from, CancellationToken ct)
    {
        await context.CommitAsync(new EnrichmentMove([.. Enumerable.Range(0, 10).Select(i => Result(from + i))], from + 10, JsonElement.Parse($"{{\"at\":{from + 10}}}"), JsonElement.Parse($"{{\"done\":{from + 10}}}")), ct);
        return from + 10;
    }

    private sealed class Work(Func<EnrichmentContext, CancellationToken, Task<EnrichmentEnd>> work) : IEnrichment
    {
        public Task<EnrichmentEnd> RunAsync(EnrichmentContext context, CancellationToken ct) => work(context, ct);

        public Task<IReadOnlyList<ReadOnlyMemory<byte>>> EnrichAsync(RecordBatch batch, CancellationToken ct) => throw new NotSupportedException();

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
