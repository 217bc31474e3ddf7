using DataSync.Platform.Audit.Requests;
using DataSync.Platform.Authentication;
using DataSync.Platform.Http.Json;
using DataSync.Platform.Http.OpenApi;
using DataSync.Platform.Http.Requests;
using DataSync.Platform.Tenancy.Regions;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace DataSync.Privacy.Retention;

/// <summary>The body: days by kind.</summary>
internal sealed record RetentionBody(IReadOnlyDictionary<string, int> Days) : IRequestBody<RetentionBody>
{
    public static RetentionBody Read(JsonObjectReader json)
    {
        Dictionary<string, int> days = new(StringComparer.Ordinal);
        foreach (var kind in RetentionKinds.All)
        {
            if (json.OptionalInt(kind, 1, RetentionKinds.MostDays) is { } given) days[kind] = given;
        }

        return new RetentionBody(days);
    }
}

/// <summary>Days by kind; null is as the installation says.</summary>
internal sealed record RetentionAnswer(int? Records, int? Rejections, int? Inbox, int? Exports, int? AiAnswers, int? Jobs, int? Audit)
{
    public static RetentionAnswer Of(IReadOnlyDictionary<string, int> days)
    {
        return new(At(RetentionKinds.Records), At(RetentionKinds.Rejections), At(RetentionKinds.Inbox), At(RetentionKinds.Exports), At(RetentionKinds.AiAnswers), At(RetentionKinds.Jobs), At(RetentionKinds.Audit));

        int? At(string kind) => days.TryGetValue(kind, out var found) ? found : null;
    }
}

/// <summary>How long a tenant's data is kept.</summary>
internal static class RetentionEndpoints
{
    private const string Example = """{"records":90,"rejections":30,"inbox":30,"exports":180,"ai_answers":30,"jobs":365,"audit":730}""";

    public static void Map(IEndpointRouteBuilder endpoints)
    {
        var retention = endpoints.MapApiGroup("/api/privacy/retention", "Privacy");
        retention.MapGet("", GetAsync).RequireScope(ApiScope.Privacy).NotAudited("Settings are shown, and no record.").WithApi("How long data is kept", "Days by kind; `null` where the installation's own times hold.", response: Example);
        retention.MapPut("", ReplaceAsync).RequireScope(ApiScope.Operator).AuditsChange("tenant.retention", "tenant").WithApi(
            "Set how long data is kept",
            "Days by kind, in the place of those set before; a kind that is left out is kept as the installation says. What is older is removed within an hour: `records` and `rejections` by when their job was made, `exports` and `jobs` (with everything that is theirs) by when it ended, "
            + "`inbox` by when a delivery came that is done with, `ai_answers` by when they were given (after the fewest of these days, those of `jobs` and the installation's; `records` takes none with it), `audit` (the audit log; never less than the days that the operator's setting names) by when an entry was written. What is under way is never removed.",
            Example, Example);
        var tenants = endpoints.MapGroupOfTenants("retention", "Privacy");
        tenants.MapGet("", GetOfAsync).WithName("getRetentionOfTenant").RequireScope(ApiScope.Operator).NotAudited("Settings are shown, and no record.").WithApi(
            "How long any tenant's data is kept", "As `GET /api/privacy/retention` with a token of that tenant.", response: Example);
        tenants.MapPut("", ReplaceOfAsync).WithName("putRetentionOfTenant").RequireScope(ApiScope.Operator).AuditsChange("tenant.retention", "tenant", "tenant_id").WithApi(
            "Set how long any tenant's data is kept", "As `PUT /api/privacy/retention` with a token of that tenant.", Example, Example);
    }

    [Answers<RetentionAnswer>]
    private static async Task<IResult> GetOfAsync(RouteId tenantId, RetentionStore store, CancellationToken ct) => TypedResults.Ok(RetentionAnswer.Of(await store.GetAsync(tenantId.Value, ct)));

    [Answers<RetentionAnswer>]
    private static async Task<IResult> ReplaceOfAsync(RouteId tenantId, Body<RetentionBody> body, Caller caller, RetentionStore store, CancellationToken ct)
    {
        await store.ReplaceAsync(tenantId.Value, body.Value.Days, caller.Subject, ct);
        return TypedResults.Ok(RetentionAnswer.Of(body.Value.Days));
    }

    [Answers<RetentionAnswer>]
    private static async Task<IResult> GetAsync(Caller caller, RetentionStore store, CancellationToken ct) => TypedResults.Ok(RetentionAnswer.Of(await store.GetAsync(caller.Tenant, ct)));

    [Answers<RetentionAnswer>]
    private static async Task<IResult> ReplaceAsync(Body<RetentionBody> body, Caller caller, RetentionStore store, CancellationToken ct)
    {
        await store.ReplaceAsync(caller.Tenant, body.Value.Days, caller.Subject, ct);
        return TypedResults.Ok(RetentionAnswer.Of(body.Value.Days));
    }
}
