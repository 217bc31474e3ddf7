using DataSync.Pipeline.Incremental;

namespace DataSync.Extract.Incremental.Gaps;

/// <summary>
/// The region of one check. Above it the next sync reads itself, so nothing there can be missing; below it nobody remembers what was delivered.
/// </summary>
internal sealed record GapRegion
{
    /// <summary>The column.</summary>
    public required string Field { get; init; }

    /// <summary>The first value; null to begin at the beginning.</summary>
    public CursorValue? Start { get; init; }

    /// <summary>The first value of the sync's own window; null where that begins at the beginning.</summary>
    public CursorValue? From { get; init; }

    /// <summary>Where this attempt went on: what lies from <see cref="From"/> up to here an earlier one delivered; null where none did.</summary>
    public CursorValue? Reached { get; init; }

    /// <summary>The first value that the next sync reads.</summary>
    public required CursorValue End { get; init; }

    /// <summary>Nothing lies between the bounds.</summary>
    public bool IsEmpty => Start is { } start && (start.Kind == CursorKind.Text || End.Kind == CursorKind.Text ? start == End : start >= End);

    /// <summary>What to ask for. Rows without a value are read by every sync, so none of them can be missing.</summary>
    public CursorWindow Window => Between(Start);

    /// <summary>The sync's own window, as far as this attempt read it.</summary>
    public CursorWindow Own => Between(Reached ?? From);

    /// <summary>What lies below the sync's own window; null where nothing does.</summary>
    public CursorWindow? Below => From is { } from ? new CursorWindow { Field = Field, To = from.ToJson() } : null;

    /// <summary>
    /// Finds the region: as far back as is wished, and as is remembered.
    /// </summary>
    /// <param name="field">The column.</param>
    /// <param name="from">Where the sync's own window begins.</param>
    /// <param name="reached">Where this attempt went on.</param>
    /// <param name="end">Where the next sync's begins.</param>
    /// <param name="wished">How far below the own window to begin.</param>
    /// <param name="remembered">From where on the state knows what was delivered.</param>
    public static GapRegion Of(string field, CursorValue? from, CursorValue? reached, CursorValue end, decimal wished, CursorValue? remembered)
    {
        var region = new GapRegion { Field = field, From = from, Reached = reached, End = end };
        if (from is not { } begins) return region with { Start = reached };
        if (remembered is not { } known || wished == 0) return region with { Start = reached ?? begins };
        var start = begins.Minus(wished);
        start = start.Kind == known.Kind && start < known ? known : start;
        return region with { Start = start < begins ? start : reached ?? begins };
    }

    /// <summary>An earlier attempt read this far, and this one did not see its records.</summary>
    public bool WasReadBefore(CursorValue value) => Reached is { } reached && value < reached && (From is not { } from || value >= from);

    private CursorWindow Between(CursorValue? start) => new() { Field = Field, From = start?.ToJson(), To = End.ToJson() };
}
