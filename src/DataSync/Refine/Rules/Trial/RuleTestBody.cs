using System.Text;
using System.Text.Json;
using DataSync.Platform.Http.Json;
using DataSync.Platform.Http.Requests;

namespace DataSync.Refine.Rules.Trial;

/// <summary>The body of <c>POST /api/rules/test</c>: rules and checks as in a Start, and sample records.</summary>
internal sealed record RuleTestBody(JsonElement Rules, JsonElement Checks, IReadOnlyList<ReadOnlyMemory<byte>> Records) : IRequestBody<RuleTestBody>
{
    public const int MaxRecords = 1000;

    public static RuleTestBody Read(JsonObjectReader json)
    {
        var config = json.RequiredObject("refinement_config");
        var (rules, checks) = (config.Raw("business_rules") ?? default, config.Raw("checks") ?? default);
        var records = json.Raw("records");
        if (records is not { ValueKind: JsonValueKind.Array } list)
        {
            json.Refuse("records", records is null ? "faults.required" : "faults.list");
            return new RuleTestBody(rules, checks, []);
        }

        if (list.GetArrayLength() is 0 or > MaxRecords) json.Refuse("records", "faults.items", ("min", 1), ("max", MaxRecords));
        return new RuleTestBody(rules, checks, [.. list.EnumerateArray().Take(MaxRecords).Select(r => (ReadOnlyMemory<byte>)Encoding.UTF8.GetBytes(r.GetRawText()))]);
    }
}
