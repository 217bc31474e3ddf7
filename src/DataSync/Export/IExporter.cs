using System.Text.Json;
using DataSync.Export.Records;
using DataSync.Pipeline.Failures;
using DataSync.Pipeline.Privacy;

namespace DataSync.Export;

/// <summary>A file format (extension point: one folder below Export each, found by <see cref="Format"/>). Every exporter inherits the suite <c>ExporterContract</c>.</summary>
internal interface IExporter
{
    /// <summary>The value of <c>output_format</c>.</summary>
    string Format { get; }

    /// <summary>Media type of the files.</summary>
    string ContentType { get; }

    /// <summary>Whether <c>export_config</c> may have a member of the format's name.</summary>
    bool TakesOptions => false;

    /// <summary>Whether the format compresses within its files, so that <c>compression</c> is its own affair and none of them is compressed once more.</summary>
    bool CompressesItself => false;

    /// <summary>Whether a file of this format holds a text, in whatever form it may write it; true where that cannot be told.</summary>
    Task<bool> HoldsAsync(Stream file, WrittenText text, CancellationToken ct) => text.IsInAsync(file, ct);

    /// <summary>Whether <see cref="ReadAsync"/> reads files of this format back.</summary>
    bool IsReadable => false;

    /// <summary>The records of a file, one by one, each as JSON: as it was written, or as much of it as the format keeps. Each is valid until the next one is asked for.</summary>
    /// <exception cref="InvalidDataException">It is no file of this format, or a part of one.</exception>
    IAsyncEnumerable<ReadOnlyMemory<byte>> ReadAsync(Stream file, CancellationToken ct) => throw new NotSupportedException();

    /// <summary>What is wrong with that member.</summary>
    IEnumerable<Fault> Validate(JsonElement options, string path) => [];

    /// <summary>
    /// Begins the export of one job: a session for each target, which are several where the records are divided into parts. Records come to the sessions in
    /// their order, each to one of them; what the parts must agree about, such as columns or ids of categories, the sessions share.
    /// </summary>
    IReadOnlyList<IExportSession> Open(IReadOnlyList<ExportTarget> targets);
}

/// <summary>
/// The export of one job in one format. Files are made and published through the session's <see cref="ExportTarget"/> alone, which also
/// drops those that were not published, so a session that is left in the middle leaves nothing behind.
/// </summary>
internal interface IExportSession
{
    /// <summary>Writes a batch. The records are valid until the task ends. The same records give the same bytes, however they are cut into batches.</summary>
    ValueTask WriteAsync(RecordView records, CancellationToken ct);

    /// <summary>Writes what the end needs and publishes the files not yet published. Called once, also where there was no record.</summary>
    Task CompleteAsync(CancellationToken ct);
}
