using DataSync.Pipeline.Enriching;
using DataSync.Refine.LabelStudio.Waiting;

namespace DataSync.Refine.LabelStudio.Hooks;

/// <summary>Makes jobs that wait for a project's annotations look sooner.</summary>
internal sealed class HookWake(SentTasks sent, RingJob ring)
{
    public async Task WakeAsync(string tenantId, long project, CancellationToken ct)
    {
        foreach (var job in await sent.HintAsync(tenantId, project, ct)) await ring(tenantId, job, ct);
    }
}
