using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using DataSync.Pipeline;
using DataSync.Pipeline.Enriching;
using DataSync.Pipeline.Failures;
using DataSync.Refine.LabelStudio.Api;
using DataSync.Refine.LabelStudio.Outcomes;
using DataSync.Refine.LabelStudio.Tasks;
using Microsoft.Extensions.Logging;

namespace DataSync.Refine.LabelStudio.Waiting;

/// <summary>
/// One attempt's part of a job's annotation: sends what is not sent, looks how the tasks stand, and either rests or, when nothing is open or the time is over, takes what
/// was annotated. Until then nothing is taken: people correct themselves.
/// </summary>
internal sealed partial class Annotation(AnnotationFloor floor, LabelStudioPlan plan) : IEnrichment
{
    private static readonly TimeSpan LastMoments = TimeSpan.FromSeconds(2);

    /// <summary>Twins come within minutes or not at all; each look reads the project's newer tasks whole.</summary>
    private const int MostTwinLooks = 5;

    public async Task<EnrichmentEnd> RunAsync(EnrichmentContext context, CancellationToken ct)
    {
        var server = await floor.Projects.ServerAsync(context.Run.TenantId, plan.Project, ct);
        var state = await SendAsync(context, server, ct);
        if (context.Position.NextSeq == 0 && floor.Time.GetUtcNow() < context.Deadline && await LookAsync(context, server, state, ct) is { } wait)
        {
            // To rest that shortly before the end would be to ask for more time than there is.
            var left = context.Deadline - floor.Time.GetUtcNow();
            if (left > LastMoments) return EnrichmentEnd.WaitFor(wait < left ? wait : left);
            if (left > TimeSpan.Zero) await Task.Delay(left, floor.Time, ct);
        }

        await CollectAsync(context, server, state, ct);
        await floor.Sent.EndAsync(context.Run.TenantId, context.Run.JobId, ct);
        return EnrichmentEnd.Done;
    }

    public Task<IReadOnlyList<ReadOnlyMemory<byte>>> EnrichAsync(RecordBatch batch, CancellationToken ct)
        => throw new NotSupportedException("Annotators are not waited for while records stream by.");

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    /// <summary>Sends what earlier attempts did not. What one of them may have sent without noting it is looked for first.</summary>
    private async Task<WaitState> SendAsync(EnrichmentContext context, LabelStudioServer server, CancellationToken ct)
    {
        var run = context.Run;
        var begun = WaitState.Read(context.Position.State);
        if (begun is not null && begun.Server != server.Url.AbsoluteUri) throw Projects.ProjectFailure.Moved(plan.Project);
        var state = begun ?? new WaitState { Server = server.Url.AbsoluteUri };
        if (state.AllSent) return state;
        await floor.Sent.BeginAsync(run.TenantId, run.JobId, plan.Project, ct);
        await CommitAsync(context, state, ct);
        var mayBeThere = begun is not null;
        var batch = new TaskBatch(run.JobId, plan.Fields);
        await foreach (var records in context.Records(new RecordChoice(state.SentTo, plan.Only), ct))
        {
            using (records)
            {
                for (var i = 0; i < records.Count; i++)
                {
                    if (records.IsKept(i)) batch.Add(records.SeqOf(i), records.Current(i).Span);
                    if (!batch.IsFull) continue;
                    state = await SendAsync(context, server, state, batch, mayBeThere, ct);
                    (batch, mayBeThere) = (new TaskBatch(run.JobId, plan.Fields), false);
                }
            }
        }

        if (batch.Tasks.Count > 0) state = await SendAsync(context, server, state, batch, mayBeThere, ct);
        var (sent, open) = await floor.Sent.CountAsync(run.TenantId, run.JobId, ct);
        state = state with { AllSent = true, PassedBy = plan.Only is null ? null : run.Progress.Processed - sent };
        await CommitAsync(context, state, ct, Told(state, [("sent", sent), ("open", open)]));
        Log.Sent(floor.Logger, run.JobId, open, sent - open);
        return state;
    }

    private async Task<WaitState> SendAsync(EnrichmentContext context, LabelStudioServer server, WaitState state, TaskBatch batch, bool mayBeThere, CancellationToken ct)
    {
        var run = context.Run;
        await run.Confirm(ct); // who has lost the job sends nothing more
        var again = await floor.Import.SendAsync(server, plan.Project, batch, run.CreatedAt, mayBeThere, run.Deadline, ct);
        await floor.Sent.AddAsync(run.TenantId, run.JobId, batch.Tasks, ct);
        state = state with { SentTo = batch.Tasks[^1].Seq + 1, MayHaveTwins = state.MayHaveTwins || again };
        await CommitAsync(context, state, ct);
        return state;
    }

    /// <summary>Looks at the open tasks; null where there are none any more, else how long to rest.</summary>
    private async Task<TimeSpan?> LookAsync(EnrichmentContext context, LabelStudioServer server, WaitState state, CancellationToken ct)
    {
        var run = context.Run;
        var (seen, settled, after) = (0L, 0, -1L);
        TimeSpan? wish = null;
        try
        {
            if (state is { MayHaveTwins: true, TwinLooks: < MostTwinLooks })
            {
                await TwinsAsync(context, server, ct);
                state = state with { TwinLooks = state.TwinLooks + 1 };
            }

            while (await floor.Sent.ReadAsync(run.TenantId, run.JobId, after, openOnly: true, TaskLook.Chunk, ct) is { Count: > 0 } rows)
            {
                after = rows[^1].Seq;
                var read = await floor.Look.ReadAsync(server, plan.Project, [.. rows.Select(r => Sent(run, r))], ct);
                var done = rows.ToLookup(r => TaskOutcomes.Of(read[r.TaskId!.Value], isOver: false) is not null);
                seen += done[false].Sum(r => read[r.TaskId!.Value]!.Annotations.Count);
                settled += done[true].Count();
                await floor.Sent.SettleAsync(run.TenantId, run.JobId, [.. done[true].Select(r => r.Seq)], ct);
            }
        }
        catch (SyncFailureException e) when (e.Failure.Kind == FailureKind.Transient)
        {
            // people go on annotating while their server is away; so do we
            Log.NotLooked(floor.Logger, run.JobId, e.Failure.MessageKey);
            (seen, wish) = (state.Seen, e.Failure.RetryAfter);
        }

        var (sent, open) = await floor.Sent.CountAsync(run.TenantId, run.JobId, ct);
        if (open == 0) return null;
        state = state with { Seen = seen, Idle = settled > 0 || seen != state.Seen ? 0 : state.Idle + 1 };
        await CommitAsync(context, state, ct, Told(state, [("sent", sent), ("open", open)]));
        return LookAgain.After(floor.Options.Value, state.Idle, context.Deadline - floor.Time.GetUtcNow(), RandomNumberGenerator.GetInt32(1001) / 1000.0, wish);
    }

    /// <summary>Takes what was annotated, record by record, from where an earlier attempt stopped.</summary>
    private async Task CollectAsync(EnrichmentContext context, LabelStudioServer server, WaitState state, CancellationToken ct)
    {
        var run = context.Run;
        var outcomes = new SortedDictionary<string, int>(StringComparer.Ordinal);
        foreach (var (name, count) in state.Taken ?? new Dictionary<string, int>(StringComparer.Ordinal)) outcomes.Add(name, count);
        var after = state.Taken is null ? -1L : context.Position.NextSeq - 1;
        if (state.MayHaveTwins && context.Position.NextSeq == 0) await TwinsAsync(context, server, ct);
        while (await floor.Sent.ReadAsync(run.TenantId, run.JobId, after, openOnly: false, TaskLook.Chunk, ct) is { Count: > 0 } rows)
        {
            after = rows[^1].Seq;
            var read = await floor.Look.ReadAsync(server, plan.Project, [.. rows.Where(r => r.TaskId is not null).Select(r => Sent(run, r))], ct);
            List<EnrichedRecord> results = [];
            foreach (var row in rows)
            {
                var task = row.TaskId is { } id ? read[id] : null;
                var outcome = row.TaskId is null ? TaskOutcome.Refused : TaskOutcomes.Of(task, isOver: true)!.Value;
                var name = TaskOutcomes.NameOf(outcome);
                outcomes[name] = outcomes.GetValueOrDefault(name) + 1;
                results.Add(new EnrichedRecord(row.Seq, new RecordAnnotation(outcome, task, plan.Merge).ToUtf8()));
            }

            state = state with { Taken = outcomes };
            var summary = Told(state, outcomes.Select(o => (o.Key, o.Value)));
            await context.CommitAsync(new EnrichmentMove(results, after + 1, state.ToJson(), JsonSerializer.SerializeToElement(summary)), ct);
        }

        Log.Taken(floor.Logger, run.JobId, string.Join(", ", outcomes.Select(o => $"{o.Value} {o.Key}")));
    }

    private static SentTask Sent(SyncRun run, LabelStudioTask row) => new(row.TaskId!.Value, TaskKey.Of(run.JobId, row.Seq));

    private Task TwinsAsync(EnrichmentContext context, LabelStudioServer server, CancellationToken ct)
        => floor.Twins.SettleAsync(server, plan.Project, context.Run.TenantId, context.Run.JobId, context.Run.CreatedAt, ct);

    /// <summary>What the job shows: counts, and how many records the model was sure of, where that decides.</summary>
    private static JsonObject Told(WaitState state, IEnumerable<(string Name, int Count)> counts)
    {
        var told = new JsonObject(counts.Select(c => KeyValuePair.Create(c.Name, (JsonNode?)c.Count)));
        if (state.PassedBy is { } passed) told["passed_by"] = passed;
        return told;
    }

    private static Task CommitAsync(EnrichmentContext context, WaitState state, CancellationToken ct, JsonObject? summary = null)
        => context.CommitAsync(new EnrichmentMove([], context.Position.NextSeq, state.ToJson(), summary is null ? null : JsonSerializer.SerializeToElement(summary)), ct);

    private static partial class Log
    {
        [LoggerMessage(1861, LogLevel.Information, "Job {JobId} waits for annotations of {Open} records; {Refused} were not taken by the project")]
        public static partial void Sent(ILogger logger, Guid jobId, int open, int refused);

        [LoggerMessage(1862, LogLevel.Warning, "Job {JobId} could not look at its tasks ({Reason}) and looks again")]
        public static partial void NotLooked(ILogger logger, Guid jobId, string reason);

        [LoggerMessage(1863, LogLevel.Information, "Job {JobId} took its annotations: {Outcomes}")]
        public static partial void Taken(ILogger logger, Guid jobId, string outcomes);
    }
}
