using System.Text.Json;
using DataSync.Pipeline.Failures;
using DataSync.Pipeline.Privacy;
using DataSync.Refine.LabelStudio.Api;
using DataSync.Refine.LabelStudio.Projects;
using DataSync.Refine.LabelStudio.Waiting;

namespace DataSync.Refine.LabelStudio.Tasks;

/// <summary>
/// Removes the tasks that records became, with what was annotated on them, or reads them. Which task was which is known no longer than its job waits, so they are found by the key that each carries, among all
/// that were made since the job. A project that is not the tenant's any more is out of reach.
/// </summary>
internal sealed class ForgottenTasks(ProjectStore projects, LabelStudioClient client) : IForgetsRecords
{
    public string Kind => "annotation_tasks";

    public bool Concerns(JsonElement refinementConfig) => LabelStudioPlan.IsAskedFor(refinementConfig) && LabelStudioPlan.ProjectOf(refinementConfig) is not null;

    /// <summary>Each record may have become a task.</summary>
    public Task<int> CountAsync(ForgottenRecords records, CancellationToken ct) => Task.FromResult(records.Records.Count);

    /// <summary>A server that is away, or a project that is not the tenant's any more, is told.</summary>
    public async Task<string?> ReadAsync(ForgottenRecords records, Func<KeptElsewhere, Task> each, CancellationToken ct)
    {
        var project = LabelStudioPlan.ProjectOf(records.RefinementConfig)!.Value;
        try
        {
            var server = await projects.ServerAsync(records.TenantId, project, ct);
            await foreach (var tasks in FindAsync(server, project, records, ct))
            {
                await foreach (var (task, content) in TaskContents.ReadAsync(client, server, project, tasks, ct)) await each(TaskContents.Kept(task, content));
            }

            return null;
        }
        catch (SyncFailureException e)
        {
            return e.Failure.MessageKey;
        }
    }

    public async Task<ForgetOutcome> ForgetAsync(ForgottenRecords records, CancellationToken ct)
    {
        var project = LabelStudioPlan.ProjectOf(records.RefinementConfig)!.Value;
        LabelStudioServer server;
        try
        {
            server = await projects.ServerAsync(records.TenantId, project, ct);
        }
        catch (SyncFailureException e) when (e.Failure.Kind == FailureKind.Permanent)
        {
            return new ForgetOutcome(0, records.Records.Count);
        }

        var forgotten = 0;
        await foreach (var tasks in FindAsync(server, project, records, ct))
        {
            foreach (var task in tasks) await client.DeleteAsync(server, task.TaskId, ct);
            forgotten += tasks.Count;
        }

        return new ForgetOutcome(forgotten, 0);
    }

    private IAsyncEnumerable<List<SentTask>> FindAsync(LabelStudioServer server, long project, ForgottenRecords records, CancellationToken ct)
    {
        var keys = records.Records.Select(r => TaskKey.Of(records.JobId, r.Seq)).ToHashSet(StringComparer.Ordinal);
        return TaskSearch.ReadAsync(client, server, TaskQuery.KeysSince(project, records.JobCreatedAt - TaskImport.ClockSkew), keys.Contains, ct);
    }
}
