using System.Text.Json;
using DataSync.Pipeline.Failures;

namespace DataSync.Extract.Incremental;

/// <summary>What decides where the next sync begins, and so which delivered records it must know.</summary>
internal sealed record CursorBounds
{
    private CursorValue? _begin, _floor;

    public required string Field { get; init; }

    /// <summary>Records come in the order of the column.</summary>
    public required bool IsOrdered { get; init; }

    /// <summary>What the column's values are, and which of them can be compared.</summary>
    public required CursorScale Scale { get; init; }

    /// <summary>Records whose column is null belong to the sync.</summary>
    public required bool Nulls { get; init; }

    /// <summary>The next sync begins so far below the greatest value: seconds or units.</summary>
    public decimal Lag { get; init; }

    /// <summary>The least value of this sync; null for none.</summary>
    public JsonElement? From { get; init; }

    /// <summary>Nothing that commits later is below this value; null where that is not known.</summary>
    public JsonElement? Floor { get; init; }

    /// <summary>What may still commit is not known: the next sync begins where this one did.</summary>
    public bool IsUndecided { get; init; }

    /// <summary>The next sync begins with the greatest value itself, and no value comes twice but in a row.</summary>
    public bool EndsWithValue => IsOrdered && Lag == 0 && Floor is null && !IsUndecided;

    /// <summary>True where a reading has come to the floor: by the value itself, or by one that is known to be greater. What comes behind it in the source's order lies above it, whatever it looks like.</summary>
    public bool ReachesFloor(CursorValue value)
        => IsOrdered && Lag == 0 && FloorValue is { } floor && (floor == value || (floor.Kind == value.Kind && value.Kind != CursorKind.Text && value > floor));

    /// <summary>True where there is a floor and only the source knows the value's place beside it.</summary>
    public bool HidesItsOrder(CursorValue value) => IsOrdered && Lag == 0 && FloorValue is not null && value.Kind == CursorKind.Text;

    /// <summary>True for a value that is known to be below the window, where the source does not sort that out itself.</summary>
    public bool IsOutside(CursorValue value) => !IsOrdered && Begin is { } from && Scale.Compares(value, from) && value < from;

    /// <summary>
    /// True for a value that cannot be placed beside the others: it moves no cursor and is never taken for old, but told from what was delivered by its record's hash.
    /// </summary>
    /// <param name="value">The value.</param>
    /// <param name="last">The greatest of those before it.</param>
    public bool IsOdd(CursorValue value, CursorValue? last)
        => !IsOrdered && (!Scale.Places(value) || ((Begin is { } from && Scale.Places(from) ? from : last) is { } other && !Scale.Compares(value, other)));

    /// <summary>Where the next sync begins, and where a reading that breaks off goes on; null for the beginning.</summary>
    /// <param name="last">The greatest value so far.</param>
    /// <param name="isPastFloor">The reading has come to the floor (<see cref="ReachesFloor"/>), or to its end.</param>
    public CursorValue? Next(CursorValue last, bool isPastFloor)
    {
        if (IsUndecided) return Begin;
        if (Lag > 0 && last.Kind == CursorKind.Text)
            throw new SyncFailureException(SyncFailure.Permanent("errors.extraction.cursor_lag", ("field", Field)));
        var next = Lag > 0 ? last.Minus(Lag) : last;
        if (FloorValue is not { } floor) return next;

        // the source's order need not show in its values (a collation's, or of digits that are rounded here)
        if (Lag == 0 && IsOrdered) return isPastFloor ? floor : next;
        return floor.Kind == next.Kind && floor.CompareTo(next) < 0 ? floor : next;
    }

    private CursorValue? FloorValue => _floor ??= Scale.Parse(Floor);

    private CursorValue? Begin => _begin ??= Scale.Parse(From);
}
