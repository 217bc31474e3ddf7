using System.Reflection;
using System.Text.Json;
using DataSync.Pipeline;
using DataSync.Pipeline.Failures;
using DataSync.Platform.Authentication;
using DataSync.Platform.Http.Idempotency;
using DataSync.Platform.Http.Json;
using DataSync.Platform.Http.Requests;
using DataSync.Sources;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.Extensions.DependencyInjection;

namespace DataSync.Jobs.Start;

/// <summary>
/// A Start that was understood: its source exists, and no room found anything wrong with the plan. Understanding it belongs to reading the request,
/// so that the faults of the body and those of its sections come in one answer.
/// </summary>
internal sealed record StartCommand(string SourceId, SyncPlan Plan) : IEndpointParameterMetadataProvider
{
    /// <summary><c>read</c> or <c>pull</c>: how the source's records come in.</summary>
    public string RecordSource { get; init; } = "read";

    public static async ValueTask<StartCommand> BindAsync(HttpContext context)
    {
        var nothing = new StartCommand("", new SyncPlan());
        if (await StrictJson.ReadAsync<StartRequest>(context) is not { } request) return nothing;
        var faults = RequestFaults.Of(context);
        var services = context.RequestServices;
        var plans = services.GetRequiredService<PlanReader>();
        var tenant = Caller.TenantOf(context);
        var source = request.SourceId.Length > 0 && tenant is not null
            ? await services.GetRequiredService<SourceCache>().FindAsync(tenant, request.SourceId, context.RequestAborted)
            : null;
        if (source is null)
        {
            if (request.SourceId.Length > 0) faults.Fail(SyncFailure.Permanent("errors.source.not_found"));
        }
        else if (!source.IsActive)
        {
            faults.Fail(SyncFailure.Permanent("errors.source.inactive"));
        }
        else if (source.SourceType == SourceTypes.Webhook)
        {
            faults.Fail(SourceFailure.SendsByItself().Failure);
        }

        var plan = source is null
            ? PlanMerge.Merge(JsonElement.Parse("""{"table":"unknown"}"""), default, request.Members)
            : PlanMerge.Merge(JsonElement.Parse(source.ExtractionParams), JsonElement.Parse(source.Sync), request.Members);
        foreach (var fault in plans.Validate(plan, "", source?.SourceType ?? SourceTypes.Database)) faults.Add(fault);
        foreach (var member in Overridden(plan, request)) faults.Add(new Fault($"/extraction_params{JsonPointer.Segment(member)}", "faults.incremental.override"));
        if (tenant is not null)
        {
            foreach (var fault in await plans.AdmitAsync(tenant, plan, context.RequestAborted)) faults.Add(fault);
        }

        if (faults.Any) return nothing;
        var command = new StartCommand(request.SourceId, plans.Read(plan)) { RecordSource = SourceTypes.RecordSourceOf(source!.SourceType) };
        if (command.Plan.Mode == SyncModes.Realtime) KeyedOutcome.Mark(context); // nothing of a payload is kept, not even the answer
        return command;
    }

    /// <summary>Incremental state belongs to what the source itself reads: a Start may read something else only as a full sync.</summary>
    private static IEnumerable<string> Overridden(JsonElement plan, StartRequest request)
        => plan.TryGetProperty("sync_type", out var type) && type.ValueKind == JsonValueKind.String && type.ValueEquals("incremental")
            && request.Members.TryGetValue("extraction_params", out var given) && given.ValueKind == JsonValueKind.Object
            ? given.EnumerateObject().Select(m => m.Name)
            : [];

    public static void PopulateMetadata(ParameterInfo parameter, EndpointBuilder builder) => Body<StartRequest>.PopulateMetadata(parameter, builder);
}
