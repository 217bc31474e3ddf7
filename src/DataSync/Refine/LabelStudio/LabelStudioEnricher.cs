using System.Text.Json;
using DataSync.Pipeline;
using DataSync.Pipeline.Enriching;
using DataSync.Pipeline.Failures;
using DataSync.Refine.LabelStudio.Waiting;

namespace DataSync.Refine.LabelStudio;

/// <summary>Annotation by people: records become tasks of a project, the job waits, and gets what was annotated. See docs/label-studio.md.</summary>
internal sealed class LabelStudioEnricher(AnnotationFloor floor) : IEnricher
{
    public string Kind => "label_studio";

    /// <summary>Behind what machines make of a record.</summary>
    public int Order => 200;

    public IReadOnlySet<string> Members => LabelStudioPlan.Members;

    /// <summary>People are not waited for while a caller waits, and records that memory alone holds are shown to nobody.</summary>
    public IEnumerable<Fault> Validate(JsonElement refinementConfig, string mode, string path)
    {
        if (LabelStudioPlan.IsAskedFor(refinementConfig) && mode is SyncModes.Realtime or SyncModes.Hybrid)
            return LabelStudioPlan.Validate(refinementConfig, path).Prepend(new Fault($"{path}/{LabelStudioPlan.Enable}", "faults.label_studio_mode", ("mode", mode)));
        return LabelStudioPlan.Validate(refinementConfig, path);
    }

    public bool IsAskedFor(JsonElement refinementConfig) => LabelStudioPlan.IsAskedFor(refinementConfig);

    public ValueTask<IEnrichment> OpenAsync(SyncRun run, CancellationToken ct) => ValueTask.FromResult<IEnrichment>(new Annotation(floor, LabelStudioPlan.Read(run.Plan.RefinementConfig)));
}
