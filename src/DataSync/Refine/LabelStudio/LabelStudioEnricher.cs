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

    /// <summary>A project that is not the tenant's is refused in one word, whether there is one of that number or not.</summary>
    public async ValueTask<IReadOnlyList<Fault>> AdmitAsync(string tenantId, JsonElement refinementConfig, string path, CancellationToken ct)
    {
        if (LabelStudioPlan.ProjectOf(refinementConfig) is not { } project) return []; // named by Validate
        var key = await floor.Projects.FindAsync(tenantId, project, ct) switch
        {
            null => "faults.label_studio_project",
            { BaseUrl: null } when floor.Options.Value.Url.Length == 0 => "faults.label_studio_server",
            _ => null,
        };
        return key is null ? [] : [new Fault($"{path}/{LabelStudioPlan.ProjectMember}", key)];
    }

    public bool IsAskedFor(JsonElement refinementConfig) => LabelStudioPlan.IsAskedFor(refinementConfig);

    public ValueTask<IEnrichment> OpenAsync(SyncRun run, CancellationToken ct) => ValueTask.FromResult<IEnrichment>(new Annotation(floor, LabelStudioPlan.Read(run.Plan.RefinementConfig)));
}
