using System.Diagnostics.CodeAnalysis;

namespace DataSync.Refine.Ai.Answers;

/// <summary>Calls of this process that are counted by an estimate and not set right yet, by tenant. Whoever finds a budget used up waits for them before believing it.</summary>
internal sealed class Outstanding
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, (int Count, TaskCompletionSource Next)> _tenants = new(StringComparer.Ordinal);

    public void Add(string tenantId)
    {
        lock (_gate) _tenants[tenantId] = _tenants.TryGetValue(tenantId, out var known) ? (known.Count + 1, known.Next) : (1, New());
    }

    public void Remove(string tenantId)
    {
        lock (_gate)
        {
            if (!_tenants.Remove(tenantId, out var known)) return;
            if (known.Count > 1) _tenants[tenantId] = (known.Count - 1, New());
            known.Next.TrySetResult();
        }
    }

    /// <summary>Gives what ends when the tenant's next call is set right; false where none is out. To be asked before the budget is.</summary>
    public bool TryNext(string tenantId, [NotNullWhen(true)] out Task? next)
    {
        lock (_gate)
        {
            var isOut = _tenants.TryGetValue(tenantId, out var known);
            next = isOut ? known.Next.Task : Task.CompletedTask;
            return isOut;
        }
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
