using System.Text.Json;
using DataSync.Export.Columns;
using DataSync.Pipeline.Failures;

namespace DataSync.Export.Csv;

/// <summary>CSV by RFC 4180: <c>data.csv</c>, UTF-8 without a byte order mark, CRLF, a header line, nested objects flattened.</summary>
internal sealed class CsvExporter : IExporter
{
    public string Format => "csv";

    public string ContentType => "text/csv; charset=utf-8; header=present";

    public bool TakesOptions => true;

    public bool IsReadable => true;

    public IAsyncEnumerable<ReadOnlyMemory<byte>> ReadAsync(Stream file, CancellationToken ct) => CsvRecords.ReadAsync(file, ct);

    public IEnumerable<Fault> Validate(JsonElement options, string path) => CsvOptions.Validate(options, path);

    public IReadOnlyList<IExportSession> Open(IReadOnlyList<ExportTarget> targets)
    {
        var (options, columns) = (CsvOptions.Read(targets[0].Run.Plan.Export.OptionsOf(Format)), new RecordColumns());
        return [.. targets.Select(t => new CsvSession(t, options, columns))];
    }
}
