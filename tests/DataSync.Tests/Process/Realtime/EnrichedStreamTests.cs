using System.Text;
using System.Text.Json;
using DataSync.Pipeline;
using DataSync.Pipeline.Enriching;
using DataSync.Pipeline.Failures;

namespace DataSync.Tests.Process.Realtime;

/// <summary>Records that are enriched as they stream by.</summary>
public sealed class EnrichedStreamTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Realtime_records_show_what_was_made_beside_what_they_were(bool enhanced)
    {
        using var rig = new RealtimeRig { Records = ["""{"n":1}""", """{"n":2,"_echo":"mine"}""", "3"], BatchSize = 2, Enrichers = [new Echo()] };
        rig.Plan = rig.Plan with { RefinementConfig = JsonElement.Parse("""{"echo":true}"""), Export = rig.Plan.Export with { IncludeEnhanced = enhanced } };
        var (answer, _) = await rig.RunAsync(Ct);
        var expected = enhanced
            ? """[{"n":1,"_echo":{"outcome":"completed","of":{"n":1}}},{"n":2,"_echo":"mine","__echo":{"outcome":"completed","of":{"n":2,"_echo":"mine"}}},{"_value":3,"_echo":{"outcome":"completed","of":3}}]"""
            : """[{"n":1},{"n":2,"_echo":"mine"},3]""";
        Assert.Equal(expected, answer.Replace("\n", "", StringComparison.Ordinal));
    }

    /// <summary>Makes of each record what it is.</summary>
    private sealed class Echo : IEnricher, IEnrichment
    {
        public string Kind => "echo";

        public int Order => 1;

        public IReadOnlySet<string> Members { get; } = new HashSet<string>(StringComparer.Ordinal) { "echo" };

        public IEnumerable<Fault> Validate(JsonElement refinementConfig, string mode, string path) => [];

        public bool IsAskedFor(JsonElement refinementConfig) => refinementConfig.TryGetProperty("echo", out _);

        public ValueTask<IEnrichment> OpenAsync(SyncRun run, CancellationToken ct) => ValueTask.FromResult<IEnrichment>(this);

        public Task<EnrichmentEnd> RunAsync(EnrichmentContext context, CancellationToken ct) => throw new NotSupportedException();

        public Task<IReadOnlyList<ReadOnlyMemory<byte>>> EnrichAsync(RecordBatch batch, CancellationToken ct)
            => Task.FromResult<IReadOnlyList<ReadOnlyMemory<byte>>>(
                [.. Enumerable.Range(0, batch.Count).Select(i => (ReadOnlyMemory<byte>)Encoding.UTF8.GetBytes($$"""{"outcome":"completed","of":{{Encoding.UTF8.GetString(batch.Raw[i])}}}"""))]);

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
