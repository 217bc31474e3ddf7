using System.Text;
using System.Text.Json;
using DataSync.Pipeline.Failures;

namespace DataSync.Extract.Incremental;

/// <summary>What decides where the next sync begins, and so which delivered records it must know.</summary>
internal sealed record CursorBounds
{
    public required string Field { get; init; }

    /// <summary>Records come in the order of the column.</summary>
    public required bool IsOrdered { get; init; }

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

    /// <summary>True for a value below the window, where the source does not sort that out itself.</summary>
    public bool IsOutside(CursorValue value) => !IsOrdered && From is { } from && value.CompareTo(ValueOf(from)) < 0;

    /// <summary>Where the next sync begins, the greatest value being what it is; null for the beginning.</summary>
    public CursorValue? Next(CursorValue last)
    {
        if (IsUndecided) return From is { } from ? ValueOf(from) : null;
        if (Lag > 0 && last.Kind == CursorKind.Text)
            throw new SyncFailureException(SyncFailure.Permanent("errors.extraction.cursor_lag", ("field", Field)));
        var next = Lag > 0 ? last.Minus(Lag) : last;
        if (Floor is not { } given) return next;
        var floor = ValueOf(given);
        return floor.Kind == next.Kind && floor.CompareTo(next) < 0 ? floor : next;
    }

    private static CursorValue ValueOf(JsonElement json) => CursorValue.Parse(Encoding.UTF8.GetBytes(json.GetRawText()));
}
