using System.Text.Json;

namespace DataSync.Pipeline.Documents.Schemas.Checks;

/// <summary><c>allOf</c>.</summary>
internal sealed class AllCheck(SchemaNode[] parts) : SchemaCheck
{
    public override IEnumerable<SchemaNode> InPlace => parts;

    public override bool Passes(JsonElement value, SchemaEvaluation evaluation)
    {
        foreach (var part in parts)
        {
            if (!part.Passes(value, evaluation)) return false;
        }

        return true;
    }
}

/// <summary><c>anyOf</c>, <c>oneOf</c> and <c>not</c>: so many of the schemas at least and at most. What is wrong is the value, and nothing in it.</summary>
internal sealed class SomeCheck(SchemaNode[] parts, int least, int most) : SchemaCheck
{
    public override IEnumerable<SchemaNode> InPlace => parts;

    public override bool Passes(JsonElement value, SchemaEvaluation evaluation)
    {
        var (found, mark) = (0, evaluation.Mark);
        foreach (var part in parts)
        {
            if (part.Passes(value, evaluation)) found++;
            evaluation.Forget(mark);
            if (found > most || (found >= least && most == int.MaxValue)) break;
        }

        return found >= least && found <= most;
    }
}

/// <summary><c>if</c>, <c>then</c> and <c>else</c>.</summary>
internal sealed class ConditionCheck(SchemaNode condition, SchemaNode? then, SchemaNode? otherwise) : SchemaCheck
{
    public override IEnumerable<SchemaNode> InPlace => new[] { condition, then, otherwise }.OfType<SchemaNode>();

    public override bool Passes(JsonElement value, SchemaEvaluation evaluation)
    {
        var mark = evaluation.Mark;
        var holds = condition.Passes(value, evaluation);
        evaluation.Forget(mark);
        return (holds ? then : otherwise)?.Passes(value, evaluation) ?? true;
    }
}
