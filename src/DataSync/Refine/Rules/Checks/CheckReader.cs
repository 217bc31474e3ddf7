using System.Text.Json;
using DataSync.Refine.Rules.Actions;
using DataSync.Refine.Rules.Logic;
using DataSync.Refine.Rules.Records;

namespace DataSync.Refine.Rules.Checks;

/// <summary>Reads the entries of <c>checks</c>: one question about one field each.</summary>
internal sealed class CheckReader(JsonShape shape, LogicCompiler compiler, ActionReader actions)
{
    private static readonly string[] Names = ["not_null", "unique", "in_set", "between", "matches", "type"];
    private static readonly string[] Outcomes = ["reject", "tag", "count"];
    private int _unique;

    /// <summary>The action, and whether it refuses records; null, with its faults noted, where it cannot be made.</summary>
    public (RuleAction? Action, bool Rejects) Read(JsonElement check, string id, string path)
    {
        shape.KnowsOnly(check, path, "id", "field", "fields", "check", "when", "on_fail", "tag", "values", "min", "max", "pattern", "type");
        var kind = Choice(check, "check", path, Names, fallback: null);
        var outcome = Choice(check, "on_fail", path, Outcomes, fallback: "reject");
        var tag = ReadTag(check, id, outcome, path);
        var fields = ReadFields(check, kind == "unique", path);
        foreach (var member in (string[])["values", "min", "max", "pattern", "type"])
        {
            if (kind is not null && !Belongs(member, kind) && check.TryGetProperty(member, out _)) shape.Refuse($"{path}/{member}", "faults.rules.unknown_member", ("member", member));
        }

        var rejects = outcome is "reject";
        if (fields.Length == 0 || kind is null) return (null, rejects);
        if (kind == "unique") return (new UniqueAction(fields, _unique++, id, rejects, tag), rejects);
        return (Of(kind, check, path) is { } made ? new CheckAction(fields[0], made, id, rejects, tag) : null, rejects);
    }

    private static bool Belongs(string member, string kind) => member switch
    {
        "values" => kind == "in_set",
        "pattern" => kind == "matches",
        "type" => kind == "type",
        _ => kind == "between",
    };

    private FieldCheck? Of(string kind, JsonElement check, string path) => kind switch
    {
        "not_null" => new NotNullCheck(),
        "in_set" => ReadSet(check, $"{path}/values"),
        "between" => ReadRange(check, path),
        "matches" => ReadPattern(check, path),
        _ => ReadType(check, path),
    };

    private string? Choice(JsonElement check, string member, string path, string[] allowed, string? fallback)
    {
        if (!check.TryGetProperty(member, out var given))
        {
            if (fallback is null) shape.Refuse($"{path}/{member}", "faults.rules.required");
            return fallback;
        }

        if (given.ValueKind == JsonValueKind.String && allowed.Contains(given.GetString(), StringComparer.Ordinal)) return given.GetString();
        shape.Refuse($"{path}/{member}", "faults.one_of", ("allowed", allowed));
        return null;
    }

    /// <summary>The tag of a record that fails: the check's own id where none is given.</summary>
    private string? ReadTag(JsonElement check, string id, string? outcome, string path)
    {
        var given = check.TryGetProperty("tag", out var tag) ? shape.Text(tag, $"{path}/tag", RuleLimits.NameLength) : null;
        if (given is not null && outcome is not "tag") shape.Refuse($"{path}/tag", "faults.check.tag");
        return outcome is "tag" ? given ?? id : null;
    }

    private FieldPath[] ReadFields(JsonElement check, bool mayBeSeveral, string path)
    {
        if (check.TryGetProperty("fields", out var list) && mayBeSeveral && !check.TryGetProperty("field", out _))
        {
            var inner = $"{path}/fields";
            if (!shape.Is(list, JsonValueKind.Array, inner)) return [];
            if (list.GetArrayLength() is 0 or > RuleLimits.CheckFields) shape.Refuse(inner, "faults.rules.field_count", ("limit", RuleLimits.CheckFields));
            return [.. list.EnumerateArray().Take(RuleLimits.CheckFields).Select((field, i) => ReadField(field, $"{inner}/{i}")).OfType<FieldPath>()];
        }

        var hasSeveral = check.TryGetProperty("fields", out _);
        if (hasSeveral) shape.Refuse($"{path}/fields", "faults.rules.unknown_member", ("member", "fields"));
        if (check.TryGetProperty("field", out var one)) return ReadField(one, $"{path}/field") is { } field ? [field] : [];
        if (!hasSeveral) shape.Refuse($"{path}/field", "faults.rules.required");
        return [];
    }

    private FieldPath? ReadField(JsonElement field, string path) => shape.Is(field, JsonValueKind.String, path) ? actions.Path(field.GetString()!, path) : null;

    private SetCheck? ReadSet(JsonElement check, string path)
    {
        if (!check.TryGetProperty("values", out var values))
        {
            shape.Refuse(path, "faults.rules.required");
            return null;
        }

        if (!shape.Is(values, JsonValueKind.Array, path)) return null;
        if (values.GetArrayLength() is 0 or > RuleLimits.SetValues) shape.Refuse(path, "faults.items", ("min", 1), ("max", RuleLimits.SetValues));
        var isSound = true;
        foreach (var (i, value) in values.EnumerateArray().Take(RuleLimits.SetValues).Index()) isSound &= IsSimple(value, $"{path}/{i}");
        return isSound ? new SetCheck([.. values.EnumerateArray().Take(RuleLimits.SetValues)]) : null;
    }

    private bool IsSimple(JsonElement value, string path)
    {
        if (value.ValueKind is JsonValueKind.Null or JsonValueKind.Object or JsonValueKind.Array)
        {
            shape.Refuse(path, "faults.check.simple");
            return false;
        }

        // Literals count as the rules' do: their length, and their number in the set.
        compiler.Compile(value, path);
        return true;
    }

    private FieldCheck? ReadRange(JsonElement check, string path)
    {
        JsonElement? min = check.TryGetProperty("min", out var low) ? low : null, max = check.TryGetProperty("max", out var high) ? high : null;
        var kinds = ((JsonElement?[])[min, max]).OfType<JsonElement>().Select(e => e.ValueKind).Distinct().ToArray();
        if (kinds is [JsonValueKind.Number]) return new NumberRangeCheck(min is { } least ? SetCheck.NumberOf(least) : null, max is { } most ? SetCheck.NumberOf(most) : null);
        if (kinds is [JsonValueKind.String]) return new TextRangeCheck(min?.GetString(), max?.GetString());
        shape.Refuse(path, "faults.check.range");
        return null;
    }

    private PatternCheck? ReadPattern(JsonElement check, string path)
    {
        if (shape.Text(check, "pattern", path, RuleLimits.PatternLength) is not { } pattern) return null;
        var made = PatternCheck.Of(pattern);
        if (made is null) shape.Refuse($"{path}/pattern", "faults.check.pattern");
        return made;
    }

    private TypeCheck? ReadType(JsonElement check, string path)
    {
        if (shape.Text(check, "type", path, RuleLimits.NameLength) is not { } name) return null;
        var made = TypeCheck.Of(name);
        if (made is null) shape.Refuse($"{path}/type", "faults.rules.unknown_type", ("type", name), ("types", string.Join(", ", TypeCheck.Names)));
        return made;
    }
}
