using System.Text.Json;
using DataSync.Extract.Incremental;
using DataSync.Pipeline.Failures;

namespace DataSync.Extract.Read;

/// <summary>Names everything wrong with <c>extraction_params</c> of a database source.</summary>
internal static class ReadParametersValidation
{
    /// <summary>Every member there is.</summary>
    public static readonly IReadOnlySet<string> Members = new HashSet<string>(StringComparer.Ordinal)
    {
        "query", "table", "parameters", "row_limit", "primary_key", "cursor_field", "change_tracking", "lag", "cursor_nulls", "gap_check", "backfill",
    };

    /// <summary>All faults at once; none where the parameters can be read.</summary>
    /// <param name="given"><c>extraction_params</c>.</param>
    /// <param name="path">Where they stand, such as <c>/extraction_params</c>.</param>
    public static IEnumerable<Fault> Validate(JsonElement given, string path)
    {
        if (given.ValueKind != JsonValueKind.Object) return [new Fault(path, "faults.read.object")];
        var members = given.EnumerateObject().Where(m => m.Value.ValueKind != JsonValueKind.Null).ToList();
        return members.SelectMany(m => Member(m, $"{path}/{Escape(m.Name)}")).Concat(Whole(members.ConvertAll(m => m.Name), path)).Concat(CursorParameters.Whole(members.ConvertAll(m => m.Name), path));
    }

    private static IEnumerable<Fault> Whole(List<string> names, string path)
    {
        if (names.Contains("query") == names.Contains("table")) yield return new Fault(path, "faults.read.query_or_table");
        if (names.Contains("parameters") && !names.Contains("query")) yield return new Fault($"{path}/parameters", "faults.read.parameters_without_query");
    }

    private static IEnumerable<Fault> Member(JsonProperty member, string path) => member.Name switch
    {
        "query" => IsText(member.Value, ReadParameters.LongestQuery) ? [] : [new Fault(path, "faults.read.query", ("longest", ReadParameters.LongestQuery))],
        "table" or "cursor_field" => IsText(member.Value, 300) ? [] : [new Fault(path, "faults.read.name")],
        "parameters" => Parameters(member.Value, path),
        "row_limit" => member.Value.ValueKind == JsonValueKind.Number && member.Value.TryGetInt64(out var rows) && rows >= 1
            ? []
            : [new Fault(path, "faults.read.row_limit")],
        "primary_key" => PrimaryKey(member.Value, path),
        "change_tracking" => member.Value.ValueKind == JsonValueKind.String && member.Value.GetString() is "auto" or "none"
            ? []
            : [new Fault(path, "faults.read.change_tracking")],
        "lag" or "cursor_nulls" or "gap_check" or "backfill" => CursorParameters.Validate(member.Name, member.Value, path),
        _ => [new Fault(path, "faults.read.unknown", ("name", member.Name))],
    };

    private static IEnumerable<Fault> Parameters(JsonElement given, string path)
    {
        if (given.ValueKind != JsonValueKind.Object)
        {
            yield return new Fault(path, "faults.read.parameters");
            yield break;
        }

        foreach (var parameter in given.EnumerateObject())
        {
            var at = $"{path}/{Escape(parameter.Name)}";
            if (!IsParameterName(parameter.Name)) yield return new Fault(at, "faults.read.parameter_name");
            if (parameter.Value.ValueKind is JsonValueKind.Object or JsonValueKind.Array
                || (parameter.Value.ValueKind == JsonValueKind.String && !IsText(parameter.Value, int.MaxValue, empty: true)))
                yield return new Fault(at, "faults.read.parameter_value");
        }
    }

    private static IEnumerable<Fault> PrimaryKey(JsonElement given, string path)
    {
        if (given.ValueKind != JsonValueKind.Array || given.GetArrayLength() == 0) return [new Fault(path, "faults.read.primary_key")];
        var columns = given.EnumerateArray().ToList();
        if (columns.Exists(c => !IsText(c, 300))) return [new Fault(path, "faults.read.primary_key")];
        return columns.DistinctBy(c => c.GetString(), StringComparer.Ordinal).Count() == columns.Count ? [] : [new Fault(path, "faults.read.primary_key")];
    }

    private static bool IsParameterName(string name)
        => name.Length is > 0 and <= 63 && !char.IsAsciiDigit(name[0]) && name.All(c => char.IsAsciiLetterOrDigit(c) || c == '_');

    /// <summary>A string without NUL and lone surrogates: neither can reach a database.</summary>
    private static bool IsText(JsonElement value, int longest, bool empty = false)
    {
        if (value.ValueKind != JsonValueKind.String) return false;
        try
        {
            var text = value.GetString()!;
            return text.Length <= longest && !text.Contains('\0', StringComparison.Ordinal) && (empty || !string.IsNullOrWhiteSpace(text));
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }

    private static string Escape(string name) => name.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal);
}
