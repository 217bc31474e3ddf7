using System.Text.Json;
using DataSync.Jobs.Start;
using DataSync.Pipeline;
using DataSync.Pipeline.Failures;
using DataSync.Sources;

namespace DataSync.Jobs.Schedules;

/// <summary>What a schedule starts: the source with its own <c>sync</c> section, as a Start that overrides nothing.</summary>
internal sealed class ScheduledStart(PlanReader plans)
{
    /// <summary>The Start. Throws where the source cannot be synced so, or nobody would get the answer.</summary>
    public async Task<StartCommand> OfAsync(string tenantId, DataSourceConfig source, CancellationToken ct)
    {
        if (source.SourceType is not (SourceTypes.Database or SourceTypes.Api)) throw Refused("errors.schedule.nothing_to_read", ("type", source.SourceType));
        var plan = PlanMerge.Merge(JsonElement.Parse(source.ExtractionParams), JsonElement.Parse(source.Sync), new Dictionary<string, JsonElement>(StringComparer.Ordinal));
        Fault[] faults = [.. plans.Validate(plan, "", source.SourceType), .. await plans.AdmitAsync(tenantId, plan, ct)];
        if (faults.Length > 0) throw new SyncFailureException(SyncFailure.Permanent("errors.schedule.plan")) { Faults = faults };
        var command = new StartCommand(source.SourceId, plans.Read(plan)) { RecordSource = SourceTypes.RecordSourceOf(source.SourceType) };
        return command.Plan.Mode == SyncModes.Realtime ? throw Refused("errors.schedule.realtime") : command;
    }

    private static SyncFailureException Refused(string key, params (string Name, object? Value)[] values) => new(SyncFailure.Permanent(key, values));
}
