using System.Runtime.CompilerServices;
using System.Text.Json;
using DataSync.Pipeline;
using DataSync.Pipeline.Connectors;
using DataSync.Pipeline.Failures;
using DataSync.Pipeline.Incremental;

namespace DataSync.Tests.Extract.Incremental;

/// <summary>A source whose changes are a list: a position is an index into it. Beside it a table that grows, for the cursor.</summary>
internal sealed class FollowedConnector : ITracksChanges, IReadsWindows
{
    /// <summary>An empty one is a place where nothing of this source happened.</summary>
    public List<string> Changes { get; } = [];

    /// <summary>Everything below is gone from the source.</summary>
    public int Lost { get; set; }

    public TrackingReason? Missing { get; set; }

    /// <summary>Told after the next reading of changes: what follows is lost.</summary>
    public bool LosesWhatFollows { get; set; }

    /// <summary>Told after the next reading of changes: some were not there, which nobody can see afterwards.</summary>
    public bool LosesOnTheWay { get; set; }

    /// <summary>It looks, after a reading, whether anything is lost.</summary>
    public bool Looks { get; set; } = true;

    /// <summary>Fails after so many more batches, once.</summary>
    public int? FailsAfter { get; set; }

    public List<string> Asked { get; } = [];

    public string Driver => "followed";

    public IReadOnlySet<string> AddressFields => SecretFields;

    public IReadOnlySet<string> SecretFields => new HashSet<string>();

    public IReadOnlySet<string> ConnectionFields => new HashSet<string>();

    public bool ReadsInOrder => true;

    public IEnumerable<Fault> Validate(JsonElement connectionParams) => [];

    public Task<IReadOnlyList<ConnectionCheck>> TestAsync(SourceConnection connection, CancellationToken ct) => throw new NotSupportedException();

    public Task<IReadOnlyList<SourceTable>> DescribeAsync(SourceConnection connection, CancellationToken ct) => throw new NotSupportedException();

    public async IAsyncEnumerable<RecordBatch> ReadAsync(SourceConnection connection, ReadRequest request, [EnumeratorCancellation] CancellationToken ct)
    {
        Asked.Add("cursor");
        await Task.Yield();
        for (var i = 0; i < Changes.Count; i++) yield return Batch(request.FirstSeq + i, $$"""{"version":{{i}}}""", default);
    }

    public Task<TrackingOffer> OfferAsync(SourceConnection connection, ReadRequest request, CancellationToken ct)
    {
        Asked.Add("offer");
        return Task.FromResult(new TrackingOffer(TrackingMethods.Log, Missing is null, Missing));
    }

    public Task<ChangePlan> PlanAsync(SourceConnection connection, ReadRequest request, TrackingOffer offer, JsonElement? last, CancellationToken ct)
    {
        Asked.Add($"plan {last?.GetRawText() ?? "null"}");
        return Task.FromResult(last?.GetInt32() is { } from && from >= Lost
            ? new ChangePlan { Extent = JsonSerializer.SerializeToElement(from), Next = JsonSerializer.SerializeToElement(Changes.Count) }
            : new ChangePlan { Everything = true, Reason = last is null ? null : TrackingReason.Of("tracking.lost"), Extent = JsonSerializer.SerializeToElement(0) });
    }

    public async IAsyncEnumerable<RecordBatch> ReadChangesAsync(SourceConnection connection, ReadRequest request, ChangePlan plan, [EnumeratorCancellation] CancellationToken ct)
    {
        var from = request.ResumeToken.IsEmpty ? plan.Extent!.Value.GetInt32() : JsonElement.Parse(request.ResumeToken.Span).GetInt32();
        Asked.Add($"changes from {from}");
        var seq = request.FirstSeq;
        var to = plan.Next?.GetInt32() ?? Changes.Count;
        for (var i = from; i < to; i++)
        {
            await Task.Yield();
            if (FailsAfter == 0)
            {
                FailsAfter = null;
                throw new SyncFailureException(SyncFailure.Transient("errors.connection.lost"));
            }

            FailsAfter--;
            yield return Batch(seq, Changes[i], JsonSerializer.SerializeToUtf8Bytes(i + 1));
            if (Changes[i].Length > 0) seq++;
        }

        (plan.Next, plan.Position, plan.LagBytes) = (JsonSerializer.SerializeToElement(to), $"{to:D8}", 7);
        plan.IsChecked = Looks;
        if (LosesOnTheWay && !plan.Everything) (plan.Lost, LosesOnTheWay) = (TrackingReason.Of("tracking.hole"), false);
        if (plan.Everything || !LosesWhatFollows) yield break;
        (plan.Lost, Lost) = (TrackingReason.Of("tracking.lost"), Changes.Count + 1);
    }

    public Task<TrackingSetup> SetupAsync(SourceConnection connection, ReadRequest request, JsonElement? last, CancellationToken ct)
        => Task.FromResult(new TrackingSetup(TrackingMethods.Log, ["SETUP"], ["UNDO"], [new TrackingCheck("all", Missing is null, Missing)]));

    public Task ReleaseAsync(SourceConnection connection, JsonElement? last, CancellationToken ct, Func<CancellationToken, Task<bool>>? isUnused = null)
    {
        Asked.Add($"release {last?.GetRawText() ?? "null"}");
        return Task.CompletedTask;
    }

    private static RecordBatch Batch(long seq, string document, byte[]? token)
    {
        var buffer = new RecordBuffer();
        if (document.Length > 0) buffer.Add(System.Text.Encoding.UTF8.GetBytes(document));
        return new RecordBatch(seq, buffer) { ResumeToken = token };
    }
}
