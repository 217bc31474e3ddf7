using System.Text.Json;
using DataSync.Pipeline.Incremental;

namespace DataSync.Pipeline.Connectors;

/// <summary>What to read: a table, one SELECT or what <see cref="Extraction"/> says, and the bounds of the reading.</summary>
internal sealed record ReadRequest
{
    /// <summary>A table's name, <c>schema.table</c> or <c>table</c>; quoted by the connector. Exactly one of this and <see cref="Query"/> is set.</summary>
    public string? Table { get; init; }

    /// <summary>One SELECT statement of the tenant's, with parameters by name (<c>@name</c>).</summary>
    public string? Query { get; init; }

    /// <summary>Values for the query's parameters (of an API: those of its URL): JSON strings, numbers, booleans and null.</summary>
    public IReadOnlyDictionary<string, JsonElement> Parameters { get; init; } = new Dictionary<string, JsonElement>(StringComparer.Ordinal);

    /// <summary><c>extraction_params</c> of a source that is no database, validated; its connector reads them. Undefined where table or query say it all.</summary>
    public JsonElement Extraction { get; init; }

    /// <summary>Reads only this part; null for all. For connectors that are <see cref="IReadsWindows"/>.</summary>
    public CursorWindow? Window { get; init; }

    /// <summary>At most this many records; null for all.</summary>
    public long? RowLimit { get; init; }

    /// <summary>A batch ends at this many records …</summary>
    public int BatchSize { get; init; } = 1000;

    /// <summary>… or at this many bytes, whichever comes first.</summary>
    public int BatchBytes { get; init; } = 1024 * 1024;

    /// <summary>The server ends a statement that takes longer.</summary>
    public TimeSpan StatementTimeout { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>When the reading is ended, done or not: no wait is begun that could not end before.</summary>
    public DateTimeOffset Deadline { get; init; } = DateTimeOffset.MaxValue;

    /// <summary>Sequence number of the first record to come.</summary>
    public long FirstSeq { get; init; }

    /// <summary>The resume token of the last batch that was kept; empty to begin at the beginning.</summary>
    public ReadOnlyMemory<byte> ResumeToken { get; init; }
}
