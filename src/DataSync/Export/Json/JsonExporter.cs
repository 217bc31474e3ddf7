namespace DataSync.Export.Json;

/// <summary>JSON pages: <c>data-00001.json</c> and so on, each <c>{"metadata":{…},"data":[…]}</c> with at most <c>page_size</c> records.</summary>
internal sealed class JsonExporter : IExporter
{
    public string Format => "json";

    public string ContentType => "application/json";

    public bool IsReadable => true;

    public IAsyncEnumerable<ReadOnlyMemory<byte>> ReadAsync(Stream file, CancellationToken ct) => PageRecords.ReadAsync(file, ct);

    public IReadOnlyList<IExportSession> Open(IReadOnlyList<ExportTarget> targets) => [.. targets.Select(t => new JsonPages(t))];
}
