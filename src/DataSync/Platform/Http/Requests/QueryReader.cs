using System.Globalization;
using DataSync.Pipeline.Failures;
using DataSync.Platform.Authentication;
using DataSync.Platform.Http.OpenApi;
using DataSync.Platform.Http.Paging;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace DataSync.Platform.Http.Requests;

/// <summary>Reads the members of a query string as strictly as <see cref="Json.JsonObjectReader"/> reads a body's. Without a context it only tells its shape.</summary>
internal sealed class QueryReader(HttpContext? context, ObjectShape? shape = null)
{
    private static readonly string[] Times = ["yyyy-MM-dd'T'HH:mm:sszzz", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFzzz", "yyyy-MM-dd'T'HH:mm:ss'Z'", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFF'Z'"];

    private readonly HashSet<string> _known = new(StringComparer.Ordinal);

    /// <summary>Text of one code point or more. What it is for is shown in the OpenAPI document, here and in all that follow.</summary>
    public string? OptionalString(string name, string about, int max = Identifier.MaxCodePoints)
    {
        shape?.Add(name, false, JsonSchemas.Text(1, max), about);
        if (Take(name) is not { } text) return null;
        if (text.Length == 0 || Identifier.CodePoints(text) > max) return Refuse(name, "faults.length", ("min", 1), ("max", max));
        return text.Contains('\0', StringComparison.Ordinal) ? Refuse(name, "faults.nul") : text;
    }

    /// <summary>A tenant's or source's id.</summary>
    public string? OptionalId(string name, string about) => OptionalString(name, about);

    public string? OptionalOneOf(string name, string about, params IReadOnlyList<string> allowed)
    {
        shape?.Add(name, false, JsonSchemas.OneOf(allowed), about);
        if (Take(name) is not { } text) return null;
        return allowed.Contains(text, StringComparer.Ordinal) ? text : Refuse(name, "faults.one_of", ("allowed", allowed));
    }

    public int? OptionalInt(string name, string about, int min, int max)
    {
        shape?.Add(name, false, JsonSchemas.Integer(min, max), about);
        if (Take(name) is not { } text) return null;
        if (int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) && value >= min && value <= max) return value;
        Refuse(name, "faults.integer", ("min", min), ("max", max));
        return null;
    }

    /// <summary>An RFC 3339 time with an offset.</summary>
    public DateTimeOffset? OptionalTime(string name, string about)
    {
        shape?.Add(name, false, JsonSchemas.Time(), about);
        if (Take(name) is not { } text) return null;
        if (DateTimeOffset.TryParseExact(text, Times, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var time)) return time;
        Refuse(name, "faults.time");
        return null;
    }

    /// <summary>A length of time, from a second up to <paramref name="longest"/>: a number and its unit, such as <c>5m</c>.</summary>
    public TimeSpan? OptionalSpan(string name, string about, TimeSpan longest)
    {
        shape?.Add(name, false, JsonSchemas.Text(2, 10), about);
        if (Take(name) is not { } text) return null;
        if (TimeSpanText.TryRead(text, out var span) && span <= longest) return span;
        Refuse(name, "faults.span", ("max", TimeSpanText.Write(longest)));
        return null;
    }

    /// <summary>A comma-separated list.</summary>
    public IReadOnlyList<string> Strings(string name, string about, int maxItems)
    {
        if (OptionalString(name, about, 8192) is not { } text) return [];
        var items = text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        if (items.Length is > 0 && items.Length <= maxItems) return items;
        Refuse(name, "faults.items", ("min", 1), ("max", maxItems));
        return [];
    }

    /// <summary><c>page_size</c> and <c>cursor</c>. The list's name, with whatever filters it, binds a cursor to the list it came from.</summary>
    public PageRequest Page(string list)
    {
        var size = OptionalInt("page_size", "Items in a page at most.", 1, PageRequest.MaxSize) ?? PageRequest.DefaultSize;
        shape?.Add("cursor", false, JsonSchemas.Text(1, 4096), "The `next_cursor` of the page before; good for the same list and filters only.");
        if (context is null || Take("cursor") is not { } cursor) return new PageRequest(list, size, null);
        var after = context.RequestServices.GetRequiredService<CursorCodec>().Read(Caller.Of(context).Tenant, list, cursor);
        if (after is null) Refuse("cursor", "faults.cursor");
        return new PageRequest(list, size, after);
    }

    /// <summary>Refuses what nobody asked for, by name.</summary>
    public void Done()
    {
        foreach (var name in context?.Request.Query.Keys ?? [])
            if (!_known.Contains(name)) Refuse(Shown(name), "faults.unknown");
        context?.Features.Set(this);
    }

    /// <summary>An endpoint that reads no query must not be sent one: a misspelt filter would silently not filter.</summary>
    public static void RefuseUnread(HttpContext context)
    {
        if (context.Request.Query.Count > 0 && context.Features.Get<QueryReader>() is null) new QueryReader(context).Done();
    }

    private string? Take(string name)
    {
        _known.Add(name);
        if (context is null || !context.Request.Query.TryGetValue(name, out var values)) return null;
        return values.Count == 1 ? values[0] ?? "" : Refuse(name, "faults.duplicate");
    }

    private string? Refuse(string name, string key, params (string Name, object? Value)[] values)
    {
        RequestFaults.Of(context!).Add(new Fault($"query/{name}", key, values));
        return null;
    }

    private static string Shown(string name) => name.Length <= 100 ? name : name[..100] + "…";
}
