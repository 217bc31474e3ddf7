using DataSync.Pipeline;
using DataSync.Pipeline.Enriching;
using Microsoft.Extensions.Logging;

namespace DataSync.Refine.Ai.Work;

/// <summary>A job's records at the model: many under way at once, their results kept in order.</summary>
internal sealed partial class AiEnrichment(string kind, SyncRun run, RecordWork work, AiModel model, ILogger logger) : IEnrichment
{
    /// <summary>A commit holds as many results at most, and none waits longer for one; an answer is safe before that.</summary>
    private const int MostResults = 256;
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(1);

    /// <summary>Under way at once for each call that may be out: some are looked up, hidden, kept, and one slow call must not stop those behind it.</summary>
    private const int Abreast = 4;

    private readonly Queue<(long Seq, Task<RecordOutcome> Work)> _under = new();
    private readonly List<EnrichedRecord> _results = [];
    private AiTally _tally = new();
    private long _next;
    private long _committed;

    public async Task<EnrichmentEnd> RunAsync(EnrichmentContext context, CancellationToken ct)
    {
        (_tally, _next, _committed) = (AiTally.Of(context.Position.State), context.Position.NextSeq, model.Time.GetTimestamp());
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(ct);
        try
        {
            await foreach (var batch in context.Records(new RecordChoice(_next), ct))
            {
                using (batch)
                {
                    for (var i = 0; i < batch.Count; i++)
                    {
                        while (_under.Count >= Abreast * model.Options.MaxConcurrency || (_under.TryPeek(out var first) && first.Work.IsCompleted)) await TakeAsync(context, ct);
                        Begin(batch.SeqOf(i), batch.Current(i).ToArray(), stop.Token);
                    }
                }
            }

            while (_under.Count > 0) await TakeAsync(context, ct);
            await CommitAsync(context, ct);
            Log.Done(logger, _tally.Records, _tally.Failed, _tally.Calls, _tally.Cached);
            return EnrichmentEnd.Done;
        }
        catch (Exception) when (_results.Count > 0 && !ct.IsCancellationRequested)
        {
            // What concerns every record ends the work; what was made before it stands.
            await CommitAsync(context, ct);
            throw;
        }
        finally
        {
            await StopAsync(stop);
        }
    }

    public async Task<IReadOnlyList<ReadOnlyMemory<byte>>> EnrichAsync(RecordBatch batch, CancellationToken ct)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var results = new ReadOnlyMemory<byte>[batch.Count];
        try
        {
            for (var i = 0; i < batch.Count; i++)
            {
                if (!batch.IsKept(i)) continue;
                if (_under.Count >= Abreast * model.Options.MaxConcurrency) await TakeAsync(results);
                Begin(i, batch.Current(i), stop.Token);
            }

            while (_under.Count > 0) await TakeAsync(results);
            run.Progress.Summarise(kind, _tally.ToJson());
            return results;
        }
        finally
        {
            await StopAsync(stop);
        }
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private void Begin(long at, ReadOnlyMemory<byte> document, CancellationToken ct) => _under.Enqueue((at, Task.Run(() => work.RunAsync(at, document, ct), ct)));

    private async Task TakeAsync(ReadOnlyMemory<byte>[] results)
    {
        var (at, result) = await NextAsync();
        results[at] = result;
    }

    private async Task TakeAsync(EnrichmentContext context, CancellationToken ct)
    {
        if (!_under.Peek().Work.IsCompleted && _results.Count > 0 && model.Time.GetElapsedTime(_committed) > Longest) await CommitAsync(context, ct);
        var (seq, result) = await NextAsync();
        _results.Add(new EnrichedRecord(seq, result));
        _next = seq + 1;
        if (_results.Count >= MostResults || model.Time.GetElapsedTime(_committed) > Longest) await CommitAsync(context, ct);
    }

    /// <summary>The result of the first record under way. One that throws stays where it is, for whoever ends the work.</summary>
    private async Task<(long At, ReadOnlyMemory<byte> Result)> NextAsync()
    {
        var (at, record) = _under.Peek();
        var outcome = await record;
        _under.Dequeue();
        _tally.Add(outcome, model.Options);
        return (at, outcome.Result);
    }

    private async Task CommitAsync(EnrichmentContext context, CancellationToken ct)
    {
        if (_results.Count == 0) return;
        var told = _tally.ToJson();
        await context.CommitAsync(new EnrichmentMove([.. _results], _next, told, told), ct);
        _results.Clear();
        _committed = model.Time.GetTimestamp();
    }

    /// <summary>Nothing is under way any more when this returns: a batch whose memory it reads may be gone then.</summary>
    private async Task StopAsync(CancellationTokenSource stop)
    {
        if (_under.Count == 0) return;
        await stop.CancelAsync();
        while (_under.TryDequeue(out var left)) await left.Work.ContinueWith(static t => _ = t.Exception, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
    }

    private static partial class Log
    {
        [LoggerMessage(1854, LogLevel.Information, "The model has seen {Records} records: {Failed} failed, {Calls} calls, {Cached} answers were there already")]
        public static partial void Done(ILogger logger, long records, long failed, long calls, long cached);
    }
}
