namespace DataSync.Pipeline;

/// <summary>A stage after extraction, found by name (extension point).</summary>
internal interface IStage
{
    /// <summary>One of <see cref="Stages"/>.</summary>
    string Name { get; }

    /// <summary>Runs the stage from its beginning; running it again must give the same outcome and no second effect.</summary>
    Task<StageOutcome> RunAsync(StageContext context, CancellationToken ct);

    /// <summary>Clears away what attempts up to this one left half done, where the job ends without completing.</summary>
    Task AbandonAsync(SyncRun run, CancellationToken ct);

    /// <summary>The job is forgotten: what the stage keeps of it goes. Nothing to do for a stage that keeps nothing.</summary>
    Task ForgetAsync(string tenantId, Guid jobId, CancellationToken ct) => Task.CompletedTask;
}

/// <summary>What a stage works on.</summary>
/// <param name="Run">The attempt.</param>
/// <param name="Records">Streams the kept records from the first one; may be called more than once.</param>
internal sealed record StageContext(SyncRun Run, Func<CancellationToken, IAsyncEnumerable<RecordBatch>> Records);

/// <summary>What a stage leaves behind.</summary>
/// <param name="Exports">The files written, in order.</param>
/// <param name="Wait">Null where the stage is over; else the attempt ends here and the job rests for this long, or until it is rung, and then the stage runs again.</param>
internal sealed record StageOutcome(IReadOnlyList<ExportedFile> Exports, TimeSpan? Wait = null);

/// <summary>A file of an export, as the job and the manifest name it.</summary>
/// <param name="Name">File name within the job's folder, such as <c>data-00001.json</c>.</param>
/// <param name="Format">The exporter's name.</param>
/// <param name="Bytes">Size on disk.</param>
/// <param name="Records">Records in it.</param>
/// <param name="Sha256">Lower-case hex of the file's bytes.</param>
/// <param name="Path">Path below the export root, <c>/</c> between its parts.</param>
/// <param name="Compression"><c>gzip</c> or <c>zstd</c>; null where the file is as the exporter wrote it.</param>
/// <param name="Split">The part whose records these are, such as <c>train</c>; null where records are not divided.</param>
internal sealed record ExportedFile(string Name, string Format, long Bytes, long Records, string Sha256, string Path, string? Compression = null, string? Split = null);
