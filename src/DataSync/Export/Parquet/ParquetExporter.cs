using DataSync.Export.Compression;
using DataSync.Export.Parquet.Format;
using DataSync.Pipeline.Privacy;

namespace DataSync.Export.Parquet;

/// <summary>
/// Apache Parquet: <c>data.parquet</c>, nested objects flattened as in CSV, each column of the narrowest type that gives all its values back. Its pages are
/// compressed inside the file, by Snappy or by what <c>compression</c> asks for: no reader expects a Parquet file within another compression.
/// </summary>
internal sealed class ParquetExporter(IEnumerable<IFileCompression> compressions) : IExporter
{
    public string Format => "parquet";

    public string ContentType => "application/vnd.apache.parquet";

    public bool CompressesItself => true;

    public Task<bool> HoldsAsync(Stream file, WrittenText text, CancellationToken ct) => ParquetSearch.HoldsAsync(file, text, [.. compressions], ct);

    public IReadOnlyList<IExportSession> Open(IReadOnlyList<ExportTarget> targets)
    {
        var types = new ParquetTypes();
        var queue = new RowGroupQueue(types, PageCodec.Of(compressions, targets[0].Run.Plan.Export.Compression));
        return [.. targets.Select(t => new ParquetSession(t, types, queue))];
    }
}
