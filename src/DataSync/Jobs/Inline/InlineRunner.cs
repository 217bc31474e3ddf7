using DataSync.Jobs.Engine;
using DataSync.Pipeline;
using DataSync.Pipeline.Failures;
using DataSync.Platform.Monitoring;
using DataSync.Sources;

namespace DataSync.Jobs.Inline;

/// <summary>
/// Runs syncs in the process that took the request, by the same corridor as a worker. The way in for requests, and for calls inside that bring
/// their records (webhooks). Nothing of a payload is kept but where the plan says so, and what was begun ends with the caller's patience.
/// </summary>
internal sealed class InlineRunner(
    InlineGate gate, InlineJobs jobs, InlineAttempts attempts, PipelineRunner pipeline, SourceReader sources, SourceStates states, EngineOptions options, InlineOptions limits,
    SyncTelemetry telemetry, TimeProvider time)
{
    /// <summary>
    /// Runs a realtime sync to its end and answers it. Throws <see cref="SyncFailureException"/> where it fails (nothing was answered yet, or the answer breaks off), and
    /// <see cref="OperationCanceledException"/> where the caller has gone.
    /// </summary>
    public async Task<SyncJob> RealtimeAsync(InlineStart start, InlineAnswer answer, CancellationToken gone)
    {
        using var place = await gate.EnterAsync(start.TenantId, gone);
        var job = await jobs.BeginAsync(start, place.Until, gone);
        var run = NewRun(start, job) with { Inline = new InlineRun { Payload = start.Payload, Output = answer.Output, BatchBytes = limits.BatchBytes } };
        await attempts.RunAsync(
            new InlineAttempt(job, run, answer.TryClose),
            async ct =>
            {
                using var spans = new StageSpans(telemetry);
                return await pipeline.RunAsync(
                    run,
                    (stage, token) =>
                    {
                        spans.Enter(stage);
                        return stage == Stages.Export && run.Plan.Export.Inline ? answer.BeginDataAsync(token) : Task.CompletedTask;
                    },
                    ct,
                    answer.WriteRejectionsAsync);
            },
            gone);
        await answer.EndAsync(job, gone);
        return job;
    }

    /// <summary>
    /// Takes in a hybrid push: exports the records for memory, then commits the rest together with the job's move into the queue, where a worker exports it.
    /// Once this returns, everything is safe; where it throws, nothing is, and the sender sends again. A refused record that was for memory is counted and not kept.
    /// </summary>
    public async Task<SyncJob> HybridPushAsync(InlineStart start, CancellationToken gone)
    {
        var payload = start.Payload ?? throw new ArgumentException("A push brings its records.", nameof(start));
        using var place = await gate.EnterAsync(start.TenantId, gone);
        var job = await jobs.BeginAsync(start, place.Until, gone);
        var first = NewRun(start, job) with { Plan = start.Plan with { Mode = SyncModes.Realtime }, Inline = Part(SyncModes.Realtime) };
        var handOver = new HandOver(first, options.Lease);
        await attempts.RunAsync(
            new InlineAttempt(job, first, static () => true, handOver),
            async ct =>
            {
                using var spans = new StageSpans(telemetry);
                var outcome = await pipeline.RunAsync(
                    first,
                    (stage, _) =>
                    {
                        spans.Enter(stage);
                        return Task.CompletedTask;
                    },
                    ct);
                if (first.Progress.Routed is { ToMemory: 0 }) await pipeline.AbandonAsync(first, ct); // files without a record
                else handOver.Exported = outcome.Exports;
                var rest = first with { Plan = start.Plan with { Mode = SyncModes.Async }, Inline = Part(SyncModes.Async), Progress = handOver.Progress, Advance = handOver.AdvanceAsync };
                spans.Enter(Stages.Extract);
                await pipeline.StoreAsync(rest, ct);
                return null;
            },
            gone);
        handOver.Show(job);
        return job;

        InlineRun Part(string part) => new() { Payload = payload, Part = part, BatchBytes = limits.BatchBytes };
    }

    private SyncRun NewRun(InlineStart start, SyncJob job)
    {
        SyncRun? run = null;
        return run = new SyncRun
        {
            TenantId = job.TenantId,
            JobId = job.Id,
            SourceId = job.SourceId,
            SourceType = job.SourceType,
            CorrelationId = job.CorrelationId,
            Language = job.Language,
            CreatedAt = job.CreatedAt,
            Fence = job.Fence,
            Plan = start.Plan,
            Deadline = time.GetUtcNow() + TimeSpan.FromSeconds(start.Plan.TimeoutSeconds),
            Checkpoint = new Checkpoint(),
            State = states.Of(job.TenantId, job.SourceId, null),
            OpenSource = async ct => await sources.OpenAsync(job.TenantId, job.SourceId, ct),
            Advance = static (_, _, _) => throw new InvalidOperationException("A realtime run has no checkpoint."),
            RegisterWriter = (connection, ct) => JobLease.RegisterWriterAsync(connection, run!, ct),
        };
    }
}
