namespace DataSync.Platform.Http.Paging;

/// <summary>The page a caller wants. Fetch <see cref="Size"/> + 1 items after <see cref="After"/> and hand them to <see cref="PageAnswer"/>.</summary>
/// <param name="List">Name of the list, with its filters: a cursor is good for this list only.</param>
/// <param name="Size">Items in the page, 1 to 1000.</param>
/// <param name="After">Position of the last item of the page before; null for the first page.</param>
internal sealed record PageRequest(string List, int Size, IReadOnlyList<string>? After)
{
    public const int DefaultSize = 100;
    public const int MaxSize = 1000;

    /// <summary>How many items to fetch: one more tells whether there is a next page.</summary>
    public int Fetch => Size + 1;
}
