using System.Text.Json;
using DataSync.Platform.Http.Json;
using DataSync.Platform.Http.Requests;

namespace DataSync.Refine.Rules.Trial;

/// <summary>The body of <c>POST /api/rules/test</c>: rules and checks as in a Start, and sample records.</summary>
internal sealed record RuleTestBody(JsonElement Rules, JsonElement Checks, IReadOnlyList<ReadOnlyMemory<byte>> Records) : IRequestBody<RuleTestBody>
{
    public static RuleTestBody Read(JsonObjectReader json)
    {
        var config = json.RequiredObject("refinement_config");
        var (rules, checks) = (config.Raw("business_rules") ?? default, config.Raw("checks") ?? default);
        return new RuleTestBody(rules, checks, SampleRecords.Read(json));
    }
}
