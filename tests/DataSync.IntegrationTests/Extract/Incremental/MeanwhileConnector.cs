using System.Runtime.CompilerServices;
using System.Text.Json;
using DataSync.Pipeline;
using DataSync.Pipeline.Connectors;
using DataSync.Pipeline.Failures;
using DataSync.Pipeline.Incremental;

namespace DataSync.IntegrationTests.Extract.Incremental;

/// <summary>The real connector, with something that happens between what a sync reads and what it compares that with.</summary>
internal class MeanwhileConnector(IReadsWindows real) : IReadsWindows
{
    private int _readings;

    private IReadsWindows Real => real;

    /// <summary>Awaited before each reading but the first of a sync.</summary>
    public Func<Task> Meanwhile { get; set; } = static () => Task.CompletedTask;

    public string Driver => real.Driver;

    public bool ReadsInOrder => real.ReadsInOrder;

    public IReadOnlySet<string> SecretFields => real.SecretFields;

    public IReadOnlySet<string> AddressFields => real.AddressFields;

    public IReadOnlySet<string> ConnectionFields => real.ConnectionFields;

    /// <summary>Of a connector for APIs, one for APIs.</summary>
    public static MeanwhileConnector Of(IReadsWindows real) => real is IPreviewsPages ? new OfPages(real) : new MeanwhileConnector(real);

    /// <summary>Readings since the last look.</summary>
    public int TakeReadings() => Interlocked.Exchange(ref _readings, 0);

    public IEnumerable<Fault> Validate(JsonElement connectionParams) => real.Validate(connectionParams);

    public Task<IReadOnlyList<ConnectionCheck>> TestAsync(SourceConnection connection, CancellationToken ct) => real.TestAsync(connection, ct);

    public Task<IReadOnlyList<SourceTable>> DescribeAsync(SourceConnection connection, CancellationToken ct) => real.DescribeAsync(connection, ct);

    public Task<WindowPlan?> PlanAsync(SourceConnection connection, ReadRequest request, JsonElement? last, decimal lag, CancellationToken ct)
        => real.PlanAsync(connection, request, last, lag, ct);

    public JsonElement Widen(JsonElement extent, decimal? by) => real.Widen(extent, by);

    public JsonElement? Earlier(JsonElement extent, decimal by, JsonElement? from) => real.Earlier(extent, by, from);

    public async IAsyncEnumerable<RecordBatch> ReadAsync(SourceConnection connection, ReadRequest request, [EnumeratorCancellation] CancellationToken ct)
    {
        if (Interlocked.Increment(ref _readings) > 1) await Meanwhile();
        await foreach (var batch in real.ReadAsync(connection, request, ct)) yield return batch;
    }

    private sealed class OfPages(IReadsWindows real) : MeanwhileConnector(real), IPreviewsPages
    {
        public Task<PagePreview> PreviewAsync(SourceConnection connection, ReadRequest request, CancellationToken ct) => ((IPreviewsPages)Real).PreviewAsync(connection, request, ct);
    }
}
