namespace DataSync.Pipeline.Connectors;

/// <summary>A table or view that a source's login can read.</summary>
internal sealed record SourceTable(string? Schema, string Name, string Kind, IReadOnlyList<SourceColumn> Columns, IReadOnlyList<string> PrimaryKey);

/// <summary>A column: the source's own type name, and the JSON kind it comes out as.</summary>
internal sealed record SourceColumn(string Name, string Type, string JsonType, bool Nullable);
