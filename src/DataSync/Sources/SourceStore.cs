namespace DataSync.Sources;
internal class SourceStore { public virtual Task<DataSourceConfig?> FindAsync(string t, string s, CancellationToken ct) => throw new NotSupportedException(); }
