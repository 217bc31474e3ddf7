using System.Text.Json;
using DataSync.Extract.Incremental;
using DataSync.Extract.Incremental.Gaps;
using DataSync.Pipeline;
using DataSync.Pipeline.Connectors;
using DataSync.Pipeline.Incremental;

namespace DataSync.Extract.Read;

/// <summary>
/// <c>extraction_params</c> of a database source, read: what to read, and how much of it. <c>primary_key</c>, <c>cursor_field</c> and
/// <c>change_tracking</c> say how an incremental sync finds what changed; a full one needs none of them.
/// </summary>
internal sealed record ReadParameters
{
    public const int LongestQuery = 1_000_000;

    public string? Table { get; private init; }

    public string? Query { get; private init; }

    public IReadOnlyDictionary<string, JsonElement> Parameters { get; private init; } = new Dictionary<string, JsonElement>(StringComparer.Ordinal);

    public long? RowLimit { get; private init; }

    /// <summary>Reads parameters that <see cref="ReadParametersValidation"/> found nothing wrong with.</summary>
    public static ReadParameters Read(JsonElement given) => new()
    {
        Table = given.Given("table")?.GetString(),
        Query = given.Given("query")?.GetString(),
        RowLimit = given.Given("row_limit")?.GetInt64(),
        Cursor = CursorParameters.Read(given),
        Backfill = CursorParameters.Backfill(given),
        TracksChanges = given.Given("change_tracking")?.GetString() != "none",
        Gap = GapParameters.Read(given.Given("gap_check"), given.Given("primary_key")),
        Parameters = given.Given("parameters")?.EnumerateObject().ToDictionary(p => p.Name, p => p.Value, StringComparer.Ordinal)
            ?? new Dictionary<string, JsonElement>(StringComparer.Ordinal),
    };

    /// <summary>How changes are found; null where the source does not say.</summary>
    public CursorParameters? Cursor { get; private init; }

    /// <summary>A table's changes are followed by the source's own record of them, where it can be had.</summary>
    public bool TracksChanges { get; private init; }

    /// <summary>What becomes of a gap.</summary>
    public GapParameters? Gap { get; private init; }

    /// <summary>Only records whose cursor lies between these are read; null for all.</summary>
    public (JsonElement? From, JsonElement? To)? Backfill { get; private init; }

    /// <summary><c>extraction_params</c> of an API, for its connector to read; undefined for a database.</summary>
    public JsonElement Extraction { get; private init; }

    /// <summary>Reads an API's parameters, validated: all but the row limit are its connector's.</summary>
    public static ReadParameters OfApi(JsonElement given) => new()
    {
        Extraction = given,
        RowLimit = given.Given("row_limit")?.GetInt64(),
        Cursor = CursorParameters.Read(given),
        Backfill = CursorParameters.Backfill(given),
    };

    /// <summary>The request for a connector, going on at a record.</summary>
    public ReadRequest Request(int batchSize, TimeSpan statementTimeout, long firstSeq, ReadOnlyMemory<byte> resumeToken) => new()
    {
        Table = Table,
        Query = Query,
        Extraction = Extraction,
        Parameters = Parameters,
        RowLimit = RowLimit is { } limit ? Math.Max(0, limit - firstSeq) : null,
        BatchSize = batchSize,
        StatementTimeout = statementTimeout,
        FirstSeq = firstSeq,
        ResumeToken = resumeToken,
        Window = Backfill is { } range ? new CursorWindow { Field = Cursor!.Field, From = range.From, To = range.To } : null,
    };
}
