using System.Text.Json;
using DataSync.Export.Records;
using DataSync.Pipeline.Failures;

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

    /// <summary>What is wrong with that member.</summary>
    IEnumerable<Fault> Validate(JsonElement options, string path) => [];

    /// <summary>Begins the export of one job.</summary>
    IExportSession Open(ExportTarget target);
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
