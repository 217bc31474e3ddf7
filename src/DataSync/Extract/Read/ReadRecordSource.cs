using System.Runtime.CompilerServices;
using System.Threading.Channels;
using DataSync.Extract.Connectors.Api;
using DataSync.Extract.Incremental;
using DataSync.Extract.Incremental.Changes;
using DataSync.Pipeline;
using DataSync.Pipeline.Connectors;
using DataSync.Pipeline.Failures;
using DataSync.Pipeline.Incremental;
using DataSync.Platform.Http.Security;
using DataSync.Platform.Resilience;
using Microsoft.Extensions.Logging;

namespace DataSync.Extract.Read;

/// <summary>
/// Reads a tenant's source through its connector: a database, or for <see cref="Pull.PullRecordSource"/> an API. One batch is read ahead while the one before it is stored. A transient failure is
/// retried from the last batch read, where the connector can go on there; where it cannot, the failure goes to the engine, which
/// begins again with nothing: no record ever comes twice.
/// </summary>
internal sealed class ReadRecordSource(
    IEnumerable<IConnector> connectors, TransientRetry retry, DerivedKeys keys, ReadKept kept, LacksKept lacks, TimeProvider time, ILogger<ReadRecordSource> logger) : IRecordSource
{
    private readonly Dictionary<string, IConnector> _connectors = connectors.ToDictionary(c => c.Driver, StringComparer.Ordinal);

    public string SourceType => "read";

    public async IAsyncEnumerable<RecordBatch> ReadAsync(SyncRun run, [EnumeratorCancellation] CancellationToken ct)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var ahead = Channel.CreateBounded<RecordBatch>(new BoundedChannelOptions(1) { SingleReader = true, SingleWriter = true });
        var reading = FillAsync(run, ahead.Writer, ending.Token);
        try
        {
            await foreach (var batch in ahead.Reader.ReadAllAsync(ct)) yield return batch;
        }
        finally
        {
            await ending.CancelAsync();
            await reading;
            while (ahead.Reader.TryRead(out var unread)) unread.Dispose();
        }
    }

    /// <summary>Never throws: how it ended is how the channel ends.</summary>
    private async Task FillAsync(SyncRun run, ChannelWriter<RecordBatch> writer, CancellationToken ct)
    {
        using var scope = logger.BeginScope(new Dictionary<string, object>(StringComparer.Ordinal)
        {
            ["CorrelationId"] = run.CorrelationId,
            ["TenantId"] = run.TenantId,
            ["JobId"] = run.JobId,
        });
        var position = ReadPosition.Of(run.Checkpoint);
        try
        {
            var parameters = Validated(run);
            await retry.RunAsync(
                (attempt, token) => AttemptAsync(run, parameters, position, attempt, writer, token),
                () => position.CanGoOn,
                () => position.HasProgressed,
                wait => logger.Waiting(
                    wait.Attempt, run.SourceId, wait.Failure.Failure.MessageKey, ReadLog.Cause(wait.Failure), wait.Wait.TotalMilliseconds, run.CorrelationId),
                run.Deadline, ct);
            logger.Ended(run.SourceId, position.NextSeq, position.Attempt, run.CorrelationId);
            writer.Complete();
        }
        catch (Exception e)
        {
            if (e is SyncFailureException failed)
                logger.GaveUp(run.SourceId, position.NextSeq, failed.Failure.MessageKey, failed.Failure.Kind, ReadLog.Cause(failed), run.CorrelationId);
            writer.Complete(e);
        }
    }

    private async Task AttemptAsync(
        SyncRun run, ReadParameters parameters, ReadPosition position, int attempt, ChannelWriter<RecordBatch> writer, CancellationToken ct)
    {
        position.Begin(attempt);
        logger.Attempt(attempt, run.SourceId, position.NextSeq, run.CorrelationId);
        if (parameters.RowLimit <= position.NextSeq) return;
        var source = await run.OpenSource(ct);
        if (!_connectors.TryGetValue(source.Driver, out var connector))
            throw new SyncFailureException(SyncFailure.Permanent("errors.connection.driver", ("driver", source.Driver)));
        if (connector is IPreviewsPages != (run.SourceType == "pull")) throw new SyncFailureException(SyncFailure.Permanent("errors.extraction.parameters"));
        var timeout = TimeSpan.FromSeconds(run.Plan.TimeoutSeconds);
        var request = parameters.Request(run.Plan.BatchSize, timeout, position.NextSeq, position.ResumeToken);
        request = request with { Deadline = run.Deadline, BatchBytes = run.Inline?.BatchBytes ?? request.BatchBytes };
        IncrementalReading? incremental = null;
        if (run.Plan.SyncType == "incremental")
        {
            var choice = await ChooseAsync(run, connector, source, request, parameters, ct);
            if (choice.Changes is { } changes)
            {
                await FollowAsync(run, changes, (ITracksChanges)connector, source, parameters, position, writer, ct);
                return;
            }

            incremental = await BeginAsync(run, connector, source, request, parameters, choice.Why, ct);
        }

        var backfill = request.Window is { } window && connector is IReadsWindows { ReadsInOrder: false } ? new WindowFilter(window, CursorScale.Of(isOrdered: false, parameters.Cursor!.Order)) : null;
        if (request.Window is not null && connector is not IReadsWindows) throw Unable();
        await foreach (var batch in connector.ReadAsync(source, incremental?.Request ?? request, ct))
        {
            incremental?.Pass(batch);
            backfill?.Apply(batch);
            await HandOutAsync(batch, position, writer, ct);
        }

        if (incremental is null) return;
        await foreach (var batch in incremental.CheckAsync((IReadsWindows)connector, source, position.NextSeq, ct)) await HandOutAsync(batch, position, writer, ct);
        if (incremental.Followed is { } followed && connector is ITracksChanges tracker) await ReleaseAsync(run, tracker, source, followed, ct);
        incremental.Complete();
        if (incremental.Odd > 0) logger.Unordered(run.SourceId, incremental.Odd, run.CorrelationId);
        if (incremental.Gap is { Detected: true } gap) logger.Gap(run.SourceId, gap.Missing, gap.Repaired, run.CorrelationId);
        if (incremental.Unchecked is { } why) logger.NotCompared(run.SourceId, why.Failure.MessageKey, ReadLog.Cause(why), run.CorrelationId);
    }

    private static async Task HandOutAsync(RecordBatch batch, ReadPosition position, ChannelWriter<RecordBatch> writer, CancellationToken ct)
    {
        var (next, token) = (batch.FirstSeq + batch.Count, batch.ResumeToken);
        if (batch.Count == 0 && !token.IsEmpty)
        {
            batch.Dispose();
            position.Move(token);
            return;
        }

        try
        {
            await writer.WriteAsync(batch, ct);
        }
        catch
        {
            batch.Dispose();
            throw;
        }

        position.Advance(next, token);
    }

    /// <summary>What an attempt before chose stays chosen: its token says so.</summary>
    private async Task<(ChangesReading? Changes, TrackingReason? Why)> ChooseAsync(
        SyncRun run, IConnector connector, SourceConnection source, ReadRequest request, ReadParameters parameters, CancellationToken ct)
    {
        if (!request.ResumeToken.IsEmpty) return (ChangesToken.Read(request.ResumeToken.Span) is { } token ? await ChangesReading.GoOnAsync(run, token, request, ct) : null, null);
        var choice = await TrackingChoice.MakeAsync(connector, source, request, parameters, ct);
        return choice.Offer is { } offer
            ? (await ChangesReading.BeginAsync(run, (ITracksChanges)connector, offer, source, request, time.GetUtcNow(), ct), null)
            : (null, choice.Reason);
    }

    private async Task FollowAsync(
        SyncRun run, ChangesReading reading, ITracksChanges connector, SourceConnection source, ReadParameters parameters, ReadPosition position, ChannelWriter<RecordBatch> writer,
        CancellationToken ct)
    {
        for (ChangesReading? next = reading; next is not null; next = await reading.CheckAsync(connector, source, parameters.Gap!, position.NextSeq, ct))
        {
            reading = next;
            await foreach (var batch in connector.ReadChangesAsync(source, reading.Request, reading.Plan, ct))
            {
                reading.Pass(batch);
                await HandOutAsync(batch, position, writer, ct);
            }
        }

        reading.Complete();
        if (reading.Gap is { Detected: true } gap) logger.Gap(run.SourceId, gap.Missing, gap.Repaired, run.CorrelationId);
        logger.Followed(run.SourceId, reading.Report.Method, reading.Plan.Everything, reading.Plan.Reason?.Key, reading.Plan.LagBytes, run.CorrelationId);
    }

    /// <summary>What cannot be given back now is not the sync's failure.</summary>
    private async Task ReleaseAsync(SyncRun run, ITracksChanges connector, SourceConnection source, ChangesState followed, CancellationToken ct)
    {
        try
        {
            await connector.ReleaseAsync(source, followed.Next, ct);
        }
        catch (SyncFailureException e)
        {
            logger.NotReleased(run.SourceId, e.Failure.MessageKey, ReadLog.Cause(e), run.CorrelationId);
        }
    }

    private async Task<IncrementalReading> BeginAsync(
        SyncRun run, IConnector connector, SourceConnection source, ReadRequest request, ReadParameters parameters, TrackingReason? why, CancellationToken ct)
    {
        if (connector is not IReadsWindows windows) throw Unable();
        return await IncrementalReading.BeginAsync(run, windows, source, request, parameters.Cursor!, keys.For("records"), time.GetUtcNow(), kept, lacks, ct, why);
    }

    private static SyncFailureException Unable() => new(SyncFailure.Permanent("errors.extraction.sync_type", ("sync_type", "incremental")));

    private static ReadParameters Validated(SyncRun run)
    {
        var plan = run.Plan;
        var given = plan.ExtractionParams;
        var isPull = run.SourceType == "pull";
        var faults = (isPull ? ApiExtractionValidation.Validate(given, "/extraction_params", whole: true) : ReadParametersValidation.Validate(given, "/extraction_params")).ToList();
        if (faults.Count == 0 && plan.SyncType == "incremental") faults.AddRange(IncrementalRules.Validate(given, "/extraction_params"));
        return faults.Count == 0
            ? isPull ? ReadParameters.OfApi(given) : ReadParameters.Read(given)
            : throw new SyncFailureException(SyncFailure.Permanent("errors.extraction.parameters")) { Faults = faults };
    }
}
