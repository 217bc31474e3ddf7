using System.Text.Json;
using DataSync.Pipeline.Failures;
using DataSync.Refine.Rules.Actions;
using DataSync.Refine.Rules.Checks;
using DataSync.Refine.Rules.Logic;

namespace DataSync.Refine.Rules;

/// <summary>Reads <c>business_rules</c> and the <c>checks</c> that come behind them into compiled rules and names everything wrong with them at once.</summary>
internal sealed class RuleSetReader
{
    private readonly List<Fault> _faults = [];
    private readonly LogicCompiler _compiler;
    private readonly JsonShape _shape;
    private readonly ActionReader _actions;
    private readonly CheckReader _checks;
    private readonly HashSet<string> _ids = new(StringComparer.Ordinal);

    private RuleSetReader()
    {
        _compiler = new LogicCompiler(_faults);
        _shape = new JsonShape(_faults);
        _actions = new ActionReader(_shape, _compiler);
        _checks = new CheckReader(_shape, _compiler, _actions);
    }

    /// <summary>The rules and, behind them, the checks, and what is wrong with them: they may run only where there are no faults.</summary>
    public static (IReadOnlyList<Rule> Rules, IReadOnlyList<Fault> Faults) Read(JsonElement rules, string path, JsonElement checks = default, string checksPath = "")
    {
        var reader = new RuleSetReader();
        try
        {
            var read = reader.ReadSet(rules, path, reader.ReadRule, room: RuleLimits.Rules);
            read.AddRange(reader.ReadSet(checks, checksPath, reader.ReadCheck, room: RuleLimits.Rules - read.Count));
            return (read, reader._faults);
        }
        catch (InvalidOperationException)
        {
            // The parser takes escapes that are half of a character, and only finds out when the text is asked for.
            reader._faults.Add(new Fault(path, "faults.rules.broken_text"));
            return ([], reader._faults);
        }
    }

    private List<Rule> ReadSet(JsonElement rules, string path, Func<JsonElement, string, Rule> readOne, int room)
    {
        var read = new List<Rule>();
        if (rules.ValueKind is JsonValueKind.Null or JsonValueKind.Undefined) return read;
        if (!_shape.Is(rules, JsonValueKind.Array, path)) return read;
        if (rules.GetArrayLength() > room)
        {
            _shape.Refuse(path, "faults.rules.too_many_rules", ("limit", RuleLimits.Rules));
            return read;
        }

        foreach (var (i, rule) in rules.EnumerateArray().Index())
        {
            if (_shape.Is(rule, JsonValueKind.Object, $"{path}/{i}")) read.Add(readOne(rule, $"{path}/{i}"));
        }

        return read;
    }

    private Rule ReadCheck(JsonElement check, string path)
    {
        var id = ReadId(check, path);
        var (action, rejects) = _checks.Read(check, id, path);
        return new Rule(id, ReadWhen(check, path), action is null ? [] : [action], KeepsOnError: !rejects);
    }

    private Rule ReadRule(JsonElement rule, string path)
    {
        _shape.KnowsOnly(rule, path, "id", "when", "then", "on_error");
        var id = ReadId(rule, path);
        return new Rule(id, ReadWhen(rule, path), ReadActions(rule, id, path), ReadOnError(rule, path));
    }

    private string ReadId(JsonElement rule, string path)
    {
        var id = _shape.Text(rule, "id", path, RuleLimits.NameLength) ?? "";
        if (id.Length > 0 && !_ids.Add(id)) _shape.Refuse($"{path}/id", "faults.rules.duplicate_id", ("id", id));
        return id;
    }

    private LogicNode? ReadWhen(JsonElement rule, string path) => rule.TryGetProperty("when", out var condition) ? _compiler.Compile(condition, $"{path}/when") : null;

    private RuleAction[] ReadActions(JsonElement rule, string id, string path)
    {
        if (!rule.TryGetProperty("then", out var then))
        {
            _shape.Refuse($"{path}/then", "faults.rules.required");
            return [];
        }

        if (!_shape.Is(then, JsonValueKind.Array, $"{path}/then")) return [];
        if (then.GetArrayLength() is 0 or > RuleLimits.Actions) _shape.Refuse($"{path}/then", "faults.rules.action_count", ("limit", RuleLimits.Actions));
        return [.. then.EnumerateArray().Take(RuleLimits.Actions).Select((action, i) => _actions.Read(action, id, $"{path}/then/{i}")).OfType<RuleAction>()];
    }

    private bool ReadOnError(JsonElement rule, string path)
    {
        if (!rule.TryGetProperty("on_error", out var onError)) return false;
        var name = onError.ValueKind == JsonValueKind.String ? onError.GetString() : null;
        if (name is not ("reject" or "keep")) _shape.Refuse($"{path}/on_error", "faults.rules.unknown_on_error");
        return name == "keep";
    }
}
