using System.Text.Json;
using DataSync.Export.Compression;
using DataSync.Export.Datasets;
using DataSync.Export.Inline;
using DataSync.Export.Records;
using DataSync.Export.Splits;
using DataSync.Export.Storage;
using DataSync.Pipeline;
using DataSync.Pipeline.Failures;
using DataSync.Platform.Localization;
using Microsoft.Extensions.Logging;

namespace DataSync.Export;

/// <summary>
/// Reads the job's records once and feeds every format asked for. The outcome names the files in the order of the plan's formats, then their sums, the manifest
/// last (format <c>manifest</c>, no records). Running again replaces the files by equal ones. A walk for one part of a job writes no manifest: the
/// export of the rest names its files too, and until then nobody is told of them.
/// </summary>
internal sealed class ExportStage(
    IEnumerable<IExporter> exporters, IEnumerable<IFileCompression> compressions, IEnumerable<IRefiner> refiners, IExportStorage storage, Messages messages, TimeProvider time,
    ILogger<ExportStage> log) : IStage
{
    private readonly Dictionary<string, IExporter> _exporters = exporters.ToDictionary(e => e.Format, StringComparer.Ordinal);
    private readonly Dictionary<string, IFileCompression> _compressions = compressions.ToDictionary(c => c.Name, StringComparer.Ordinal);
    private readonly IRefiner[] _refiners = [.. refiners];

    public string Name => Stages.Export;

    public async Task<StageOutcome> RunAsync(StageContext context, CancellationToken ct)
    {
        var run = context.Run;
        var started = time.GetTimestamp();
        run.Progress.RestartExport();

        // Asked for as the pipeline does: what they add decides what every record shows.
        var compiled = await _refiners.CompileAsync(run.TenantId, run.Plan.RefinementConfig, ct);
        if (run.Plan.Export.Inline)
        {
            using var shown = new RecordView(run.Plan.Export, compiled, run.Enrichments);
            var (count, milliseconds) = (await InlineExport.WriteAsync(context, shown, ct), time.GetElapsedTime(started).TotalMilliseconds);
            ExportLog.FinishedInline(log, run.JobId, count, milliseconds);
            return new StageOutcome([]);
        }

        var location = new ExportLocation(run.TenantId, run.JobId);
        await run.Confirm(ct);
        var folder = await storage.PrepareAsync(location, run.Fence, ct);
        using var view = new RecordView(run.Plan.Export, compiled, run.Enrichments);
        var compression = _compressions.GetValueOrDefault(run.Plan.Export.Compression);
        var split = SplitPlan.Read(run.Plan.Export);
        string?[] parts = split is null ? [null] : [.. split.Parts.Select(p => p.Name)];
        var targets = run.Plan.OutputFormats.SelectMany(f => parts.Select(p => new ExportTarget(run, f, location, folder, storage, _exporters[f].CompressesItself ? null : compression, p))).ToArray();
        await using var sumsTarget = new ExportTarget(run, ExportSums.Format, location, folder, storage);
        await using var manifestTarget = new ExportTarget(run, ExportManifest.Format, location, folder, storage);
        var dataset = DatasetPlan.Read(run.Plan.Export);
        var fields = dataset is null ? null : new DatasetFields();
        try
        {
            var records = await FeedAsync(context, view, targets, split, fields, ct);
            ExportedFile[] data = [.. targets.SelectMany(t => t.Published)];
            ExportedFile[] files = [.. run.Checkpoint.Exported ?? [], .. data];
            if (run.Inline?.Part is not null)
            {
                await storage.SealAsync(location, ct);
                return new StageOutcome(files);
            }

            if ((dataset, fields) is ({ } about, { } seen))
                files = [.. files, .. await DatasetFiles.PublishAsync(f => new ExportTarget(run, f, location, folder, storage), run, about, files, data, seen, messages, ct)];
            files = [.. files, await ExportSums.PublishAsync(sumsTarget, files, ct)];
            await storage.SealAsync(location, ct);
            await WriteManifestAsync(manifestTarget, view, records + EarlierRecords(run), files, ct);
            await storage.SealAsync(location, ct);
            await run.Confirm(ct);
            await storage.KeepOnlyAsync(location, files.Select(f => f.Name).Append(ExportManifest.FileName).ToHashSet(StringComparer.Ordinal), ct);
            var (bytes, took) = (files.Sum(f => f.Bytes), time.GetElapsedTime(started).TotalMilliseconds);
            ExportLog.Finished(log, run.JobId, records, files.Length, bytes, took);
            return new StageOutcome([.. files, .. manifestTarget.Published]);
        }
        finally
        {
            foreach (var target in targets) await target.DisposeAsync();
        }
    }

    /// <summary>A realtime run, or another's part in the process that took it, can be gone on with by nobody, so nothing of its export stays; of other jobs, the files of a walk before this one do.</summary>
    public Task AbandonAsync(SyncRun run, CancellationToken ct)
    {
        var location = new ExportLocation(run.TenantId, run.JobId);
        if (run.Inline is not null || string.Equals(run.Plan.Mode, SyncModes.Realtime, StringComparison.Ordinal)) return run.Plan.Export.Inline ? Task.CompletedTask : storage.DeleteAsync(location, ct);
        return storage.DiscardAsync(location, run.Fence, (run.Checkpoint.Exported ?? []).Select(f => f.Name).ToHashSet(StringComparer.Ordinal), ct);
    }

    public Task ForgetAsync(string tenantId, Guid jobId, CancellationToken ct) => storage.DeleteAsync(new ExportLocation(tenantId, jobId), ct);

    private async Task<long> FeedAsync(StageContext context, RecordView view, ExportTarget[] targets, SplitPlan? split, DatasetFields? fields, CancellationToken ct)
    {
        using var sessions = new SessionSet(targets, _exporters, split, view.Added);
        var records = 0L;
        await foreach (var batch in context.Records(ct).OneAhead(ct))
        {
            using (batch)
            {
                try
                {
                    view.Load(batch);
                    fields?.Read(view);
                    await sessions.WriteAsync(view, ct);
                }
                catch (JsonException broken)
                {
                    var first = new Dictionary<string, object?>(StringComparer.Ordinal) { ["seq"] = batch.FirstSeq };
                    throw new SyncFailureException(new SyncFailure(FailureKind.Critical, "errors.export.record_broken", first), broken);
                }

                records += view.Count;
                context.Run.Progress.AddExported(view.Count);
            }
        }

        await sessions.CompleteAsync(ct);
        foreach (var target in targets) await target.CompleteAsync();
        return records;
    }

    private static async Task WriteManifestAsync(ExportTarget target, RecordView view, long records, ExportedFile[] files, CancellationToken ct)
    {
        var file = target.Create(ExportManifest.FileName);
        file.Write(new ExportManifest
        {
            JobId = target.Run.JobId,
            SourceId = target.Run.SourceId,
            ExportOf = target.Run.ExportOf,
            CreatedAt = target.Run.CreatedAt,
            Records = records,
            OriginalMember = view.ShowsOriginals ? AddedMember.Original.Name : null,
            MetadataMember = view.ShowsMetadata ? AddedMember.Metadata.Name : null,
            Split = ManifestSplit.Of(target.Run.Plan, files),
            Files = [.. files.Select(ManifestFile.Of)],
        }.ToUtf8());
        await target.PublishAsync(file, records: 0, ct);
        await target.CompleteAsync();
    }

    /// <summary>Every format has all records, so one tells how many an earlier walk exported.</summary>
    private static long EarlierRecords(SyncRun run)
        => run.Checkpoint.Exported is { } earlier ? earlier.Where(f => string.Equals(f.Format, run.Plan.OutputFormats[0], StringComparison.Ordinal)).Sum(f => f.Records) : 0;
}
