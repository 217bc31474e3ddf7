using System.Text.Json;
using DataSync.Pipeline.Failures;
using DataSync.Pipeline.Routing;
using DataSync.Platform.Http.Json;
using DataSync.Platform.Http.Requests;

namespace DataSync.Process.Hybrid;

/// <summary>The body of <c>POST /api/sync/route-test</c>: routing as in a Start, and sample records.</summary>
internal sealed record RouteTestBody(JsonElement? Routing, JsonElement? Default, IReadOnlyList<ReadOnlyMemory<byte>> Records) : IRequestBody<RouteTestBody>
{
    public static RouteTestBody Read(JsonObjectReader json)
    {
        var rules = json.RequiredObject("processing_rules");
        rules.OptionalInt("batch_size");
        var (routing, fallback) = (rules.Raw("routing"), rules.Raw("routing_default"));
        return new RouteTestBody(routing, fallback, SampleRecords.Read(json));
    }

    /// <summary>Everything wrong with the routing.</summary>
    public IReadOnlyList<Fault> Validate(CompileConditions compile)
    {
        const string Path = "/processing_rules";
        IEnumerable<Fault> faults = Routing is { } routing ? RoutingRules.Validate(routing, Path + "/routing", compile) : [];
        if (Default is { } fallback) faults = faults.Concat(RoutingRules.ValidateTo(fallback, Path + "/routing_default"));
        return [.. faults];
    }

    /// <summary>The plan of a body without faults.</summary>
    public RoutingPlan Plan() => new()
    {
        Rules = Routing is { } routing ? [.. routing.EnumerateArray().Select(r => new RoutingRule(r.GetProperty("when"), r.GetProperty("to").GetString()!))] : [],
        Default = Default?.GetString() ?? new RoutingPlan().Default,
    };
}
