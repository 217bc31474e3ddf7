using System.Runtime.CompilerServices;
using System.Text.Json;

namespace DataSync.Pipeline.Documents.Schemas;

/// <summary>A schema or a part of one: all its checks, or the one answer for everything.</summary>
internal sealed class SchemaNode
{
    private bool _refusesAll;

    public SchemaCheck[] Checks { get; private set; } = [];

    /// <summary>Checks are known only after what they refer to, which may be this one.</summary>
    public void Set(IEnumerable<SchemaCheck> checks) => Checks = [.. checks];

    public void RefuseAll() => _refusesAll = true;

    public bool Passes(JsonElement value, SchemaEvaluation evaluation)
    {
        // a record nested deeply under a schema that refers to itself must not run out of stack
        if (!RuntimeHelpers.TryEnsureSufficientExecutionStack()) return evaluation.GiveUp();
        if (_refusesAll || !evaluation.Spend(1)) return false;
        foreach (var check in Checks)
        {
            if (!check.Passes(value, evaluation)) return false;
        }

        return true;
    }
}
