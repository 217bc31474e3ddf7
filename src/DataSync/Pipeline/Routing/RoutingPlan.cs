using System.Text.Json;

namespace DataSync.Pipeline.Routing;

/// <summary><c>processing_rules.routing</c> and <c>routing_default</c>: the first rule whose condition a record meets says where it is kept, else the default.</summary>
internal sealed record RoutingPlan
{
    /// <summary>Rules of a plan at most.</summary>
    public const int MaxRules = 100;

    public IReadOnlyList<RoutingRule> Rules { get; init; } = [];

    /// <summary><c>async</c> or <c>realtime</c>.</summary>
    public string Default { get; init; } = SyncModes.Async;
}

/// <summary>One rule: JsonLogic on the record as it was extracted, and <c>async</c> or <c>realtime</c>.</summary>
internal sealed record RoutingRule(JsonElement When, string To);
