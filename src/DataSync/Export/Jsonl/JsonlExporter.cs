using DataSync.Export.Records;
using DataSync.Export.Storage;

namespace DataSync.Export.Jsonl;

/// <summary>JSON Lines: <c>data.jsonl</c>, a record a line, each line ended by LF.</summary>
internal sealed class JsonlExporter : IExporter
{
    public string Format => "jsonl";

    public string ContentType => "application/jsonl";

    public bool IsReadable => true;

    public IAsyncEnumerable<ReadOnlyMemory<byte>> ReadAsync(Stream file, CancellationToken ct) => WrittenLines.ReadAsync(file, ct);

    public IReadOnlyList<IExportSession> Open(IReadOnlyList<ExportTarget> targets) => [.. targets.Select(t => new Session(t))];

    private sealed class Session(ExportTarget target) : IExportSession
    {
        private readonly StagedFile _file = target.Create("data.jsonl");
        private long _records;

        public ValueTask WriteAsync(RecordView records, CancellationToken ct)
        {
            for (var i = 0; i < records.Count; i++) WriteLine(records[i]);
            _records += records.Count;
            return _file.FlushAsync(ct);
        }

        public Task CompleteAsync(CancellationToken ct) => target.PublishAsync(_file, _records, ct);

        /// <summary>In a JSON text, line breaks stand between tokens only (in strings they are escaped), where leaving them out changes nothing.</summary>
        private void WriteLine(ReadOnlySpan<byte> document)
        {
            while (document.IndexOfAny((byte)'\r', (byte)'\n') is var lineBreak and >= 0)
            {
                _file.Write(document[..lineBreak]);
                document = document[(lineBreak + 1)..];
            }

            _file.Write(document);
            _file.Write("\n"u8);
        }
    }
}
