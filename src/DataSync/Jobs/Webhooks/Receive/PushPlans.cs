using System.Text.Json;
using DataSync.Jobs.Start;
using DataSync.Pipeline;
using DataSync.Sources;

namespace DataSync.Jobs.Webhooks.Receive;

/// <summary>What a source's pushes run with: its <c>sync</c> section over its <c>extraction_params</c>.</summary>
internal sealed class PushPlans(PlanReader plans)
{
    /// <summary>The plan, and its mode even where the plan has faults and is null.</summary>
    public (string Mode, SyncPlan? Plan) Of(DataSourceConfig source)
    {
        var merged = Merged(source);
        var mode = merged.TryGetProperty("mode", out var given) && given.ValueKind == JsonValueKind.String ? given.GetString()! : SyncModes.Async;
        return (mode, plans.Validate(merged, "", source.SourceType).Count == 0 ? plans.Read(merged) : null);
    }

    /// <summary>
    /// What a job runs with that drains the inbox; null where that has faults, or asks for what the tenant has not been given, such as a Label Studio project that
    /// was taken from it since. It is always stored: the source may have been async when the deliveries came, and whatever it is now, what waits is in the database already.
    /// </summary>
    public async Task<SyncPlan?> OfDrainAsync(DataSourceConfig source, CancellationToken ct)
    {
        if (Of(source).Plan is not { } plan || (await plans.AdmitAsync(source.TenantId, Merged(source), ct)).Count > 0) return null;
        return plan with { Mode = SyncModes.Async, SyncType = "full", Routing = null, Export = plan.Export with { Inline = false } };
    }

    private static JsonElement Merged(DataSourceConfig source)
        => PlanMerge.Merge(JsonElement.Parse(source.ExtractionParams), JsonElement.Parse(source.Sync), new Dictionary<string, JsonElement>());
}
