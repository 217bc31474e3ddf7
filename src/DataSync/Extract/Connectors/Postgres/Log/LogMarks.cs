namespace DataSync.Extract.Connectors.Postgres.Log;

/// <summary>A table and its publication as they were at a position, as far as they may change without a word in the log. Stored with the position; how they are made is <see cref="LogShape"/>'s.</summary>
/// <param name="Published">The publication and the table's place in it, each with the transaction that last wrote it: altered and put back, they are not what they were.</param>
/// <param name="Columns">A mark for each column: its number, name and type.</param>
/// <param name="Declared">One mark for all that is declared of the columns, with the transactions that last wrote it.</param>
/// <param name="File">The number of the file that the rows lie in: rewritten rows lie in another.</param>
/// <param name="Partitions">A mark for each partition: its number, its file, and the transaction that made it one.</param>
/// <param name="Types">A mark for each label of an enum and each attribute of a composite type that a column's values are made of, with the transaction that last wrote it; null in what was stored before that was noted.</param>
internal sealed record LogMarks(string Published, string Columns, string Declared, string File, string Partitions, string? Types = null);
