using System.Globalization;
using System.Net.Http.Headers;
using System.Text.Json;
using DataSync.Extract.Connectors.Api.Http;
using DataSync.Extract.Json;
using DataSync.Pipeline.Failures;

namespace DataSync.Extract.Connectors.Api.Paging;

/// <summary>How an API's pages follow one another. A position is the text that names a page; null names the first.</summary>
internal abstract class Pagination
{
    public static readonly IReadOnlyList<string> Types = ["none", "page", "offset", "cursor", "next_url", "link"];

    /// <summary>The pages' name in <c>extraction_params</c>.</summary>
    public abstract string Type { get; }

    /// <summary>True where every page has a name of its own, so that a name that comes again shows a circle.</summary>
    public virtual bool NamesPages => false;

    /// <summary>True where pages are told apart by what is on them alone, and so have to be watched.</summary>
    public virtual bool CountsPages => false;

    /// <summary>True where the source says that pages may be equal (records without ids): then nothing shows whether they come round, and <c>max_pages</c> alone ends those that never end.</summary>
    public virtual bool AllowsEqualPages => false;

    /// <summary>True where the body itself says which page is next, so that it must be one JSON document.</summary>
    public virtual bool LooksInside => false;

    /// <summary>The URL of the page at a position.</summary>
    public virtual Uri Url(Uri first, string? position) => first;

    /// <summary>The position after a page; null where it was the last.</summary>
    public virtual string? Next(string? position, PageEnd page) => null;

    /// <summary>Reads what <see cref="PaginationValidation"/> found nothing wrong with.</summary>
    public static Pagination Read(JsonElement given)
    {
        string? Text(string name) => given.TryGetProperty(name, out var value) ? value.GetString() : null;
        long? Number(string name) => given.TryGetProperty(name, out var value) ? value.GetInt64() : null;
        bool Flag(string name) => given.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.True;
        JmesPath? Path(string name) => Text(name) is { } path ? JmesPath.Parse(path) : null;
        if (given.ValueKind != JsonValueKind.Object) return new SinglePage();
        return Text("type") switch
        {
            "page" => new Counted("page", Text("param") ?? "page", Number("start") ?? 1, byRecords: false, Text("size_param"), Number("size"), Flag("allow_equal_pages")),
            "offset" => new Counted("offset", Text("param") ?? "offset", Number("start") ?? 0, byRecords: true, Text("size_param"), Number("size"), Flag("allow_equal_pages")),
            "cursor" => new CursorPages(Text("param") ?? "cursor", Path("path"), Text("header"), Path("has_more_path"), Text("size_param"), Number("size")),
            "next_url" => new NextUrl(Path("path")!),
            "link" => new LinkHeader(Text("rel") ?? "next"),
            _ => new SinglePage(),
        };
    }

    protected static Uri Sized(Uri url, string? param, long? size)
        => param is null || size is not { } records ? url : UrlQuery.With(url, param, records.ToString(CultureInfo.InvariantCulture));

    private sealed class SinglePage : Pagination
    {
        public override string Type => "none";
    }

    /// <summary>
    /// Pages or records counted by us. Only an empty page is the end: a server may give fewer records than were asked for, and one that is taken for the last
    /// too early would lose the rest.
    /// </summary>
    private sealed class Counted(string type, string param, long start, bool byRecords, string? sizeParam, long? size, bool allowsEqual) : Pagination
    {
        public override string Type => type;

        public override bool CountsPages => true;

        public override bool AllowsEqualPages => allowsEqual;

        public override Uri Url(Uri first, string? position)
            => UrlQuery.With(Sized(first, sizeParam, size), param, position ?? start.ToString(CultureInfo.InvariantCulture));

        public override string? Next(string? position, PageEnd page)
        {
            var at = position is null ? start : long.Parse(position, CultureInfo.InvariantCulture);
            return page.Records == 0 ? null : (at + (byRecords ? page.Records : 1)).ToString(CultureInfo.InvariantCulture);
        }
    }

    private sealed class CursorPages(string param, JmesPath? path, string? header, JmesPath? hasMore, string? sizeParam, long? size) : Pagination
    {
        public override string Type => "cursor";

        public override bool NamesPages => true;

        public override bool LooksInside => path is not null || hasMore is not null;

        public override Uri Url(Uri first, string? position)
        {
            var sized = Sized(first, sizeParam, size);
            return position is null ? sized : UrlQuery.With(sized, param, position);
        }

        public override string? Next(string? position, PageEnd page)
        {
            if (hasMore is not null && !IsTrue(hasMore.Find(page.Root))) return null;
            var cursor = path is not null ? Scalar(path.Find(page.Root)) : Header(page.Headers, header!);

            // an API that says there is more has not come to its end
            return cursor is null && hasMore is not null ? throw new SyncFailureException(SyncFailure.Permanent("errors.api.no_cursor")) : cursor;
        }
    }

    private sealed class NextUrl(JmesPath path) : Pagination
    {
        public override string Type => "next_url";

        public override bool NamesPages => true;

        public override bool LooksInside => true;

        public override Uri Url(Uri first, string? position) => position is null ? first : new Uri(position);

        public override string? Next(string? position, PageEnd page)
            => path.Find(page.Root) is { ValueKind: JsonValueKind.String } link && link.GetString() is { Length: > 0 } text ? page.Follow(text) : null;
    }

    private sealed class LinkHeader(string rel) : Pagination
    {
        public override string Type => "link";

        public override bool NamesPages => true;

        public override Uri Url(Uri first, string? position) => position is null ? first : new Uri(position);

        public override string? Next(string? position, PageEnd page)
            => page.Headers.TryGetValues("Link", out var lines) && LinkLines.Find(string.Join(',', lines), rel) is { } target ? page.Follow(target) : null;
    }

    /// <summary>True, its text, or a number of what is left.</summary>
    private static bool IsTrue(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.String => string.Equals(value.GetString(), "true", StringComparison.OrdinalIgnoreCase),
        JsonValueKind.Number => value.TryGetDouble(out var left) && left > 0,
        _ => false,
    };

    /// <summary>A cursor is sent back with the digits it came with; null, false and nothing at all are the end.</summary>
    private static string? Scalar(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => value.GetString() is { Length: > 0 } text ? text : null,
        JsonValueKind.Number => value.GetRawText(),
        _ => null,
    };

    private static string? Header(HttpResponseHeaders headers, string name)
        => headers.TryGetValues(name, out var values) && values.FirstOrDefault() is { Length: > 0 } value ? value : null;
}

/// <summary>What is known of a page once it has been read.</summary>
/// <param name="Url">Where it was read, redirects followed.</param>
/// <param name="Headers">The answer's.</param>
/// <param name="Root">The body, where it is JSON; undefined elsewhere.</param>
/// <param name="Records">What the API listed on it.</param>
/// <param name="Follow">Makes a position of a link: resolved, and refused where it leads to another origin.</param>
internal sealed record PageEnd(Uri Url, HttpResponseHeaders Headers, JsonElement Root, long Records, Func<string, string> Follow);
