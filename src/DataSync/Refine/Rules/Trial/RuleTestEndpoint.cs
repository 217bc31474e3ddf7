using DataSync.Pipeline.Failures;
using DataSync.Platform.Audit.Requests;
using DataSync.Platform.Authentication;
using DataSync.Platform.Http.Errors;
using DataSync.Platform.Http.OpenApi;
using DataSync.Platform.Http.Requests;
using DataSync.Platform.Localization;
using DataSync.Refine.Rules.Checks;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace DataSync.Refine.Rules.Trial;

/// <summary><c>POST /api/rules/test</c>: what rules would make of records, without syncing any.</summary>
[ApiTag("Rules", "Business rules and checks, tried out on sample records.")]
internal static class RuleTestEndpoint
{
    /// <summary>Time that one trial may take: a rule's own bounds are made for a job's patience, not for a caller's.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(5);

    private const string Request = """
        {"refinement_config":{"business_rules":[{"id":"vip","when":{">":[{"var":"amount"},1000]},"then":[{"tag":"vip"}]}],"checks":[{"id":"amount-known","field":"amount","check":"not_null"}]},
         "records":[{"amount":1500},{"amount":null}]}
        """;

    private const string Response = """
        {"records":[{"index":0,"outcome":"kept","before":{"amount":1500},"after":{"amount":1500},"changed":false,"tags":["vip"],"hits":["vip","amount-known"],"failures":[],"rejection":null},
          {"index":1,"outcome":"rejected","before":{"amount":null},"after":null,"changed":false,"tags":[],"hits":["amount-known"],"failures":[{"rule_id":"amount-known","code":null,"field":null}],
           "rejection":{"rule_id":"amount-known","code":"SYNC_211","message":"The field is missing or null.","field":"amount"}}],
         "rules":[{"rule_id":"vip","hits":1,"failed":0,"rejected":0},{"rule_id":"amount-known","hits":2,"failed":1,"rejected":1}]}
        """;

    public static void MapRuleTest(this IEndpointRouteBuilder endpoints)
        => endpoints.MapApiGroup("/api/rules", "Rules").MapPost("/test", HandleAsync).RequireScope(ApiScope.SyncWrite).NotAudited("Only what the request brings is worked on, and nothing is kept.").WithApi(
            "Try business rules",
            "Runs `business_rules` and `checks` over up to 1000 sample records, in their order, and shows each before and after, which rules ran and failed on it, and why it would be refused. Nothing is stored. "
            + "422 where the rules have faults, all named, or take longer than 5 seconds.",
            Request, Response);

    [Answers<RuleTestAnswer>]
    private static async Task<IResult> HandleAsync(Body<RuleTestBody> body, Caller caller, UniqueMemory memory, Messages messages, TimeProvider time, CancellationToken ct)
    {
        var (rules, checks, records) = (body.Value.Rules, body.Value.Checks, body.Value.Records);
        var faults = RuleSetReader.Read(rules, "/refinement_config/business_rules", checks, "/refinement_config/checks").Faults;
        if (faults.Count > 0) return Problem.From(faults);
        using var limit = new CancellationTokenSource(Longest, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(ct, limit.Token);
        try
        {
            return TypedResults.Ok(await new RuleTrial(CompiledRules.Of(rules, checks), memory, messages, caller.Language).RunAsync(records, both.Token));
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested && !ct.IsCancellationRequested)
        {
            return Problem.From(SyncFailure.Permanent("errors.rules.test_too_long", ("seconds", (int)Longest.TotalSeconds)));
        }
    }
}
