using System.Collections.Frozen;
using System.Text.Json;
using DataSync.Pipeline;
using DataSync.Pipeline.Failures;
using DataSync.Refine.Rules.Logic;
using DataSync.Refine.Rules.Records;

namespace DataSync.Refine.Rules.Actions;

/// <summary>Reads the actions of a rule: objects with one member, the action's name.</summary>
internal sealed class ActionReader
{
    private readonly JsonShape _shape;
    private readonly LogicCompiler _compiler;
    private readonly FrozenDictionary<string, Func<JsonElement, string, string, RuleAction?>> _readers;

    public ActionReader(JsonShape shape, LogicCompiler compiler)
    {
        (_shape, _compiler) = (shape, compiler);
        _readers = new Dictionary<string, Func<JsonElement, string, string, RuleAction?>>(StringComparer.Ordinal)
        {
            ["set"] = (value, _, path) => new SetAction(Fields(value, path, (logic, inner) => _compiler.Compile(logic, inner))),
            ["remove"] = (value, _, path) => Path(value, path) is { } field ? new RemoveAction(field) : null,
            ["rename"] = (value, _, path) => new RenameAction(Renames(value, path)),
            ["cast"] = (value, _, path) => new CastAction(Fields(value, path, CastOf)),
            ["reject"] = Reject,
            ["tag"] = (value, _, path) => _shape.Text(value, path, RuleLimits.NameLength) is { } tag ? new TagAction(tag) : null,
        }.ToFrozenDictionary(StringComparer.Ordinal);
    }

    /// <summary>The action; null, with its faults noted, where it cannot be made.</summary>
    public RuleAction? Read(JsonElement action, string ruleId, string path)
    {
        if (!_shape.Is(action, JsonValueKind.Object, path)) return null;
        if (action.EnumerateObject().Count() != 1) _shape.Refuse(path, "faults.rules.one_action");
        RuleAction? read = null;
        foreach (var member in action.EnumerateObject())
        {
            var inner = $"{path}{JsonPointer.Segment(member.Name)}";
            if (_readers.TryGetValue(member.Name, out var reader)) read = reader(member.Value, ruleId, inner);
            else _shape.Refuse(inner, "faults.rules.unknown_action", ("action", member.Name));
        }

        return read;
    }

    private (FieldPath, T)[] Fields<T>(JsonElement fields, string path, Func<JsonElement, string, T?> read)
        where T : class
    {
        var list = new List<(FieldPath, T)>();
        if (!_shape.Is(fields, JsonValueKind.Object, path)) return [];
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var member in fields.EnumerateObject())
        {
            var inner = $"{path}{JsonPointer.Segment(member.Name)}";
            if (!seen.Add(member.Name)) _shape.Refuse(inner, "faults.rules.duplicate_member", ("member", member.Name));
            var value = read(member.Value, inner);
            if (Path(member.Name, inner) is { } field && value is not null) list.Add((field, value));
        }

        if (seen.Count is 0 or > RuleLimits.Actions) _shape.Refuse(path, "faults.rules.field_count", ("limit", RuleLimits.Actions));
        return [.. list];
    }

    private (FieldPath, PathPart)[] Renames(JsonElement fields, string path)
    {
        var renames = Fields(fields, path, Path);
        foreach (var (from, to) in renames)
        {
            if (from.Parent != to.Parent) _shape.Refuse($"{path}{JsonPointer.Segment(from.Text)}", "faults.rules.rename_elsewhere", ("from", from.Text), ("to", to.Text));
        }

        return [.. renames.Select(rename => (rename.Item1, rename.Item2.Parts[^1]))];
    }

    private FieldPath? Path(JsonElement value, string path)
        => _shape.Is(value, JsonValueKind.String, path) ? Path(value.GetString()!, path) : null;

    /// <summary>A field's path; null, and a fault, where it is none.</summary>
    public FieldPath? Path(string text, string path)
    {
        if (text.Length > RuleLimits.FieldLength || text.Count(c => c == '.') >= RuleLimits.FieldParts)
        {
            _shape.Refuse(path, "faults.rules.field_too_long", ("limit", RuleLimits.FieldLength), ("parts", RuleLimits.FieldParts));
            return null;
        }

        if (text.Split('.').All(part => part.Length > 0)) return new FieldPath(text);
        _shape.Refuse(path, "faults.rules.empty_field");
        return null;
    }

    private Cast? CastOf(JsonElement value, string path)
    {
        if (!_shape.Is(value, JsonValueKind.String, path)) return null;
        var cast = Casts.Find(value.GetString()!);
        if (cast is null) _shape.Refuse(path, "faults.rules.unknown_type", ("type", value.GetString()), ("types", string.Join(", ", Casts.Names)));
        return cast;
    }

    private RejectAction? Reject(JsonElement value, string ruleId, string path)
    {
        if (!_shape.Is(value, JsonValueKind.Object, path)) return null;
        _shape.KnowsOnly(value, path, "code", "message");
        var code = _shape.Text(value, "code", path, RuleLimits.NameLength);
        var message = _shape.Text(value, "message", path, RuleLimits.MessageLength);
        // Rejections of our own carry such codes and keys: a rule must not pass for one.
        if (code?.StartsWith("SYNC_", StringComparison.Ordinal) == true) _shape.Refuse($"{path}/code", "faults.rules.reserved", ("prefix", "SYNC_"));
        if (message?.StartsWith("errors.", StringComparison.Ordinal) == true) _shape.Refuse($"{path}/message", "faults.rules.reserved", ("prefix", "errors."));
        return code is null || message is null ? null : new RejectAction(new Rejection(ruleId, code, message));
    }
}
