using DataSync.Pipeline.Connectors;
namespace DataSync.Sources;
internal class SourceReader { public virtual ValueTask<SourceConnection> OpenAsync(string t, string s, CancellationToken ct) => throw new NotSupportedException(); }
