using DataSync.Platform.Authentication;

namespace DataSync.Platform.Http.Paging;

/// <summary>A page as it is answered: <c>{items, next_cursor}</c>.</summary>
internal sealed record Page<T>(IReadOnlyList<T> Items, string? NextCursor);

internal static class PageAnswer
{
    /// <summary>Makes the page from up to <see cref="PageRequest.Fetch"/> items; the item too many becomes the cursor.</summary>
    /// <param name="cursors">The codec, from the services.</param>
    /// <param name="caller">Whose list it is.</param>
    /// <param name="request">The page asked for.</param>
    /// <param name="fetched">The items found.</param>
    /// <param name="position">Where an item stands in the list's order; comes back as <see cref="PageRequest.After"/>.</param>
    public static Page<T> Page<T>(
        this CursorCodec cursors, Caller caller, PageRequest request, IReadOnlyList<T> fetched, Func<T, IReadOnlyList<string>> position)
    {
        if (fetched.Count <= request.Size) return new Page<T>(fetched, null);
        IReadOnlyList<T> items = [.. fetched.Take(request.Size)];
        return new Page<T>(items, cursors.Write(caller.Tenant, request.List, position(items[^1])));
    }
}
