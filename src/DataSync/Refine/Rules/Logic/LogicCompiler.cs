using System.Text;
using System.Text.Json;
using DataSync.Pipeline.Failures;

namespace DataSync.Refine.Rules.Logic;

/// <summary>Makes trees of expressions, and names everything wrong with them. One compiler serves a rule set, whose nodes it counts.</summary>
internal sealed class LogicCompiler(List<Fault> faults)
{
    private int _nodes;

    /// <summary>Compiles an expression. Where it has faults they are in the list and the tree is not to be used.</summary>
    public LogicNode Compile(JsonElement logic, string path) => Compile(logic, path, depth: 1);

    private LogicNode Compile(JsonElement logic, string path, int depth)
    {
        if (depth > RuleLimits.Depth) return Refuse(path, "faults.rules.too_deep", ("limit", RuleLimits.Depth));
        if (++_nodes > RuleLimits.Nodes)
        {
            if (_nodes == RuleLimits.Nodes + 1) Refuse(path, "faults.rules.too_many_nodes", ("limit", RuleLimits.Nodes));
            return new ConstantNode(Value.Null);
        }

        return logic.ValueKind switch
        {
            JsonValueKind.Array => CompileList(logic, path, depth),
            JsonValueKind.Object => CompileObject(logic, path, depth),
            _ => CompileLiteral(logic, path),
        };
    }

    private LogicNode CompileList(JsonElement list, string path, int depth)
    {
        var items = CompileAll(list, path, depth);
        return Array.TrueForAll(items, item => item is ConstantNode)
            ? new ConstantNode(Value.Of(Array.ConvertAll(items, item => ((ConstantNode)item).Value)))
            : new ListNode(items);
    }

    private LogicNode[] CompileAll(JsonElement list, string path, int depth)
        => [.. list.EnumerateArray().Select((item, i) => Compile(item, $"{path}/{i}", depth + 1))];

    /// <summary>An object with one member is an operator; any other is a literal that nothing inside is evaluated of.</summary>
    private LogicNode CompileObject(JsonElement logic, string path, int depth)
    {
        var names = logic.EnumerateObject().Select(member => member.Name).ToList();
        if (names.Count != 1)
        {
            return names.Count > 1 && names.TrueForAll(name => name == names[0])
                ? Refuse(path, "faults.rules.duplicate_member", ("member", names[0]))
                : CompileLiteral(logic, path);
        }

        var (name, operands) = (names[0], logic.EnumerateObject().First().Value);
        var inner = $"{path}{JsonPointer.Segment(name)}";
        var compiled = operands.ValueKind == JsonValueKind.Array ? CompileAll(operands, inner, depth) : [Compile(operands, inner, depth + 1)];
        if (LogicOperators.Find(name) is not { } known) return Refuse(inner, "faults.rules.unknown_operator", ("operator", name));
        return compiled.Length < known.MinOperands
            ? Refuse(inner, "faults.rules.too_few_operands", ("operator", name), ("minimum", known.MinOperands))
            : known.Compile(compiled);
    }

    private ConstantNode CompileLiteral(JsonElement literal, string path)
    {
        if (literal.ValueKind == JsonValueKind.Undefined) return new ConstantNode(Value.Undefined);
        var json = Encoding.UTF8.GetBytes(literal.GetRawText());
        if (json.Length > RuleLimits.LiteralLength) return Refuse(path, "faults.rules.too_long", ("limit", RuleLimits.LiteralLength));
        var value = Value.OfRaw(json, 0, json.Length);
        if (value.IsText) return new ConstantNode(Value.Of(Records.JsonText.Unescape(Records.JsonText.Inside(json))));
        // What a decimal holds is kept ready; other numbers stay digits, so that copying one loses none.
        if (value.IsNumber && Coercion.Read(value) is { IsExact: true } number) return new ConstantNode(Value.Of(number));
        return new ConstantNode(value);
    }

    private ConstantNode Refuse(string path, string key, params (string Name, object? Value)[] values)
    {
        faults.Add(new Fault(path, key, values));
        return new ConstantNode(Value.Null);
    }
}
