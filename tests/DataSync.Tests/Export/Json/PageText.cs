using System.Text.Json;

namespace DataSync.Tests.Export.Json;

/// <summary>Pages of a JSON export, read by a standard parser.</summary>
internal sealed record PageText(JsonElement Metadata, string[] Data)
{
    private static readonly JsonDocumentOptions AnyDepth = new() { MaxDepth = 1000 };

    /// <summary>The members of a page's metadata: the same on every page of every export.</summary>
    public static readonly string[] MetadataMembers = ["job_id", "source_id", "created_at", "page", "page_size", "records", "has_more"];

    public static PageText Parse(string page)
    {
        using var json = JsonDocument.Parse(page, AnyDepth);
        return new PageText(json.RootElement.GetProperty("metadata").Clone(), [.. json.RootElement.GetProperty("data").EnumerateArray().Select(r => r.GetRawText())]);
    }

    /// <summary>All pages of an export, from its files by name.</summary>
    public static PageText[] All(IEnumerable<(string Name, string Text)> files)
        => [.. files.Where(f => f.Name.StartsWith("data-", StringComparison.Ordinal)).OrderBy(f => f.Name, StringComparer.Ordinal).Select(f => Parse(f.Text))];

    /// <summary>Going through the pages gives every record once and in order; all but the last are full, and each tells its place.</summary>
    public static void CheckPagination(PageText[] pages, string[] records, int size)
    {
        Assert.Equal(records, pages.SelectMany(p => p.Data));
        Assert.Equal(Math.Max(1, (records.Length + size - 1) / size), pages.Length);
        foreach (var (index, page) in pages.Index())
        {
            Assert.Equal((index + 1, page.Data.Length), (page.Metadata.GetProperty("page").GetInt32(), page.Metadata.GetProperty("records").GetInt32()));
            Assert.Equal(index < pages.Length - 1, page.Metadata.GetProperty("has_more").GetBoolean());
            Assert.True(index == pages.Length - 1 || page.Data.Length == size);
        }
    }
}
