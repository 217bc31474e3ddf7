using System.Reflection;
using DataSync.Jobs.Start;
using DataSync.Pipeline;
using DataSync.Platform.Http.Json;
using DataSync.Platform.Http.Requests;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.Extensions.DependencyInjection;

namespace DataSync.Jobs.ExportAgain;

/// <summary>A request to export again that was understood: no room found anything wrong with what was given. As with a Start, all faults come in one answer.</summary>
/// <param name="Given">What was given, read as a plan.</param>
/// <param name="Members">The names of what was given.</param>
internal sealed record ExportAgainCommand(SyncPlan Given, IReadOnlyList<string> Members) : IEndpointParameterMetadataProvider
{
    /// <summary>What was given laid over a job's own plan, member by member, as a Start is laid over its source.</summary>
    public SyncPlan Over(SyncPlan job) => job with
    {
        SyncType = "full",
        OutputFormats = Members.Contains(ExportAgainRequest.Formats, StringComparer.Ordinal) ? Given.OutputFormats : job.OutputFormats,
        Export = Members.Contains(ExportAgainRequest.Config, StringComparer.Ordinal) ? Given.Export : job.Export,
        TimeoutSeconds = Members.Contains(ExportAgainRequest.Timeout, StringComparer.Ordinal) ? Given.TimeoutSeconds : job.TimeoutSeconds,
    };

    public static async ValueTask<ExportAgainCommand> BindAsync(HttpContext context)
    {
        var nothing = new ExportAgainCommand(new SyncPlan(), []);
        if (await StrictJson.ReadAsync<ExportAgainRequest>(context) is not { } request) return nothing;
        var faults = RequestFaults.Of(context);
        var plans = context.RequestServices.GetRequiredService<PlanReader>();
        var plan = request.ToPlan();
        foreach (var fault in plans.Validate(plan, "")) faults.Add(fault);
        return faults.Any ? nothing : new ExportAgainCommand(plans.Read(plan), [.. request.Members.Keys]);
    }

    public static void PopulateMetadata(ParameterInfo parameter, EndpointBuilder builder) => Body<ExportAgainRequest>.PopulateMetadata(parameter, builder);
}
