using System.Text.Json;
using DataSync.Pipeline.Failures;
using DataSync.Platform.Http.OpenApi;
using DataSync.Platform.Http.Requests;

namespace DataSync.Platform.Http.Json;

/// <summary>Texts, numbers, truth values, times and choices.</summary>
internal sealed partial class JsonObjectReader
{
    /// <summary>Text of <paramref name="min"/> to <paramref name="max"/> code points without NUL; empty after a fault.</summary>
    public string RequiredString(string name, int max = 255, int min = 1) => Text(name, true, min, max) ?? "";

    public string? OptionalString(string name, int max = 255, int min = 1) => Text(name, false, min, max);

    /// <summary>A tenant's or source's id.</summary>
    public string RequiredId(string name) => RequiredString(name, Identifier.MaxCodePoints);

    public string? OptionalId(string name) => OptionalString(name, Identifier.MaxCodePoints);

    public int RequiredInt(string name, int min = int.MinValue, int max = int.MaxValue) => (int)(Integer(name, true, min, max) ?? min);

    public int? OptionalInt(string name, int min = int.MinValue, int max = int.MaxValue) => (int?)Integer(name, false, min, max);

    public long? OptionalLong(string name, long min = long.MinValue, long max = long.MaxValue) => Integer(name, false, min, max);

    /// <summary>A number with all its digits.</summary>
    public decimal? OptionalNumber(string name, decimal min, decimal max)
    {
        _shape?.Add(name, false, JsonSchemas.Number(min, max));
        if (!Take(name, false, out var value)) return null;
        if (value.ValueKind == JsonValueKind.Number && value.TryGetDecimal(out var number) && number >= min && number <= max) return number;
        Refuse(name, "faults.number", ("min", min), ("max", max));
        return null;
    }

    public bool? OptionalBool(string name)
    {
        _shape?.Add(name, false, JsonSchemas.Of("boolean"));
        if (!Take(name, false, out var value)) return null;
        if (value.ValueKind is JsonValueKind.True or JsonValueKind.False) return value.GetBoolean();
        Refuse(name, "faults.bool");
        return null;
    }

    /// <summary>An RFC 3339 time with an offset.</summary>
    public DateTimeOffset? OptionalTime(string name) => Time(name, required: false);

    /// <summary>The same; the beginning of time after a fault.</summary>
    public DateTimeOffset RequiredTime(string name) => Time(name, required: true) ?? default;

    /// <summary>One of a few texts; the first of them after a fault.</summary>
    public string RequiredOneOf(string name, params IReadOnlyList<string> allowed) => Choice(name, true, allowed) ?? allowed[0];

    public string? OptionalOneOf(string name, params IReadOnlyList<string> allowed) => Choice(name, false, allowed);

    /// <summary>A member of an enum by its name in snake_case; the default one after a fault.</summary>
    public T RequiredEnum<T>(string name) where T : struct, Enum => Parse<T>(Choice(name, true, Names<T>())) ?? default;

    public T? OptionalEnum<T>(string name) where T : struct, Enum => Parse<T>(Choice(name, false, Names<T>()));

    /// <summary>A list of texts.</summary>
    public IReadOnlyList<string> Strings(string name, int maxItems, int min = 0, int maxLength = 255)
    {
        _shape?.Add(name, min > 0, JsonSchemas.List(JsonSchemas.Text(1, maxLength), min, maxItems));
        return [.. Items(name, min, maxItems).Select(i => Checked(i.Item, i.Pointer, 1, maxLength)).OfType<string>()];
    }

    /// <summary>One of a few texts, or a list of them without repetition; empty if absent.</summary>
    public IReadOnlyList<string> OneOrMoreOf(string name, params IReadOnlyList<string> allowed)
    {
        _shape?.Add(name, false, JsonSchemas.OneOrMoreOf(allowed));
        if (!Has(name) || _object.GetProperty(name).ValueKind != JsonValueKind.Array) return Choice(name, false, allowed) is { } one ? [one] : [];
        var chosen = new List<string>();
        foreach (var (item, pointer) in Items(name, 1, allowed.Count))
        {
            var text = item.ValueKind == JsonValueKind.String ? item.GetString()! : null;
            if (text is null || !allowed.Contains(text, StringComparer.Ordinal)) _faults.Add(new Fault(pointer, "faults.one_of", ("allowed", allowed)));
            else if (chosen.Contains(text, StringComparer.Ordinal)) _faults.Add(new Fault(pointer, "faults.duplicate"));
            else chosen.Add(text);
        }

        return chosen;
    }

    private DateTimeOffset? Time(string name, bool required)
    {
        _shape?.Add(name, required, JsonSchemas.Time());
        if (!Take(name, required, out var value)) return null;
        if (value.ValueKind == JsonValueKind.String && HasOffset(value.GetString()!) && value.TryGetDateTimeOffset(out var time)) return time;
        Refuse(name, "faults.time");
        return null;
    }

    private string? Text(string name, bool required, int min, int max)
    {
        _shape?.Add(name, required, JsonSchemas.Text(min, max));
        return Take(name, required, out var value) ? Checked(value, _pointer + JsonPointer.Segment(name), min, max) : null;
    }

    private string? Checked(JsonElement value, string pointer, int min, int max)
    {
        if (value.ValueKind != JsonValueKind.String)
        {
            _faults.Add(new Fault(pointer, "faults.string"));
            return null;
        }

        var text = value.GetString()!;
        if (text.Contains('\0', StringComparison.Ordinal)) _faults.Add(new Fault(pointer, "faults.nul"));
        else if (Identifier.CodePoints(text) is var length && (length < min || length > max)) _faults.Add(new Fault(pointer, "faults.length", ("min", min), ("max", max)));
        else return text;
        return null;
    }

    private long? Integer(string name, bool required, long min, long max)
    {
        _shape?.Add(name, required, JsonSchemas.Integer(min, max));
        if (!Take(name, required, out var value)) return null;
        if (value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var number) && number >= min && number <= max) return number;
        Refuse(name, "faults.integer", ("min", min), ("max", max));
        return null;
    }

    private string? Choice(string name, bool required, IReadOnlyList<string> allowed)
    {
        _shape?.Add(name, required, JsonSchemas.OneOf(allowed));
        if (!Take(name, required, out var value)) return null;
        if (value.ValueKind == JsonValueKind.String && value.GetString() is { } text && allowed.Contains(text, StringComparer.Ordinal)) return text;
        Refuse(name, "faults.one_of", ("allowed", allowed));
        return null;
    }

    private static string[] Names<T>() where T : struct, Enum => [.. Enum.GetNames<T>().Select(JsonNamingPolicy.SnakeCaseLower.ConvertName)];

    private static T? Parse<T>(string? name) where T : struct, Enum
        => name is null ? null : Enum.GetValues<T>()[Array.IndexOf(Names<T>(), name)];

    private static bool HasOffset(string text)
        => text.EndsWith('Z') || (text.Length > 6 && text[^6] is '+' or '-' && text.Contains('T', StringComparison.Ordinal));
}
