using DataSync.Pipeline.Failures;
using DataSync.Platform.Resilience;
using DataSync.Refine.LabelStudio.Api;
using Microsoft.Extensions.Options;

namespace DataSync.Refine.LabelStudio.Tasks;

/// <summary>
/// Brings a batch to a project, each record once. An import cannot be repeated safely, so after every failure that leaves open whether the server took it, the tasks
/// that are there are looked for by their keys, and only the others are sent again. A batch that is refused is halved until the record is known that is to blame.
/// </summary>
internal sealed class TaskImport(LabelStudioClient client, TaskMatch match, TransientRetry retry, IOptions<LabelStudioOptions> options, TimeProvider time)
{
    private static readonly TimeSpan LongestLook = TimeSpan.FromSeconds(10), Patience = TimeSpan.FromMinutes(15);

    /// <summary>The server's clock may be off from ours by as much.</summary>
    internal static readonly TimeSpan ClockSkew = TimeSpan.FromDays(1);

    /// <summary>
    /// Sends what is missing of a batch; afterwards each of its tasks has a number or is refused. Returns whether any was sent while an earlier request may still have been at work: its tasks may come yet, as twins.
    /// </summary>
    /// <param name="server">Where to.</param>
    /// <param name="project">Which project.</param>
    /// <param name="batch">The records.</param>
    /// <param name="since">When the first attempt at sending any of them was made at the earliest.</param>
    /// <param name="mayBeThere">An earlier attempt may have sent them.</param>
    /// <param name="deadline">When the job is ended, done or not: no pause before another attempt is begun that could not end before.</param>
    /// <param name="ct">Ends the work, not what the server has taken.</param>
    public Task<bool> SendAsync(LabelStudioServer server, long project, TaskBatch batch, DateTimeOffset since, bool mayBeThere, DateTimeOffset deadline, CancellationToken ct)
        => SendAsync(new Target(server, project, since - ClockSkew, deadline), batch.Tasks, mayBeThere, ct);

    private async Task<bool> SendAsync(Target target, IReadOnlyList<OutgoingTask> tasks, bool mayBeThere, CancellationToken ct)
    {
        var known = tasks.Count(t => t.TaskId is not null);
        var unanswered = mayBeThere;
        var again = false;
        try
        {
            await retry.RunAsync(
                async (_, token) =>
                {
                    if (unanswered) await LookAsync(target, tasks, token);
                    if (Missing(tasks) is not { Count: > 0 } missing) return;
                    again |= unanswered;
                    try
                    {
                        await SendOnceAsync(target, missing, token);
                    }
                    catch (SyncFailureException e)
                    {
                        unanswered |= !WasNotTaken(e.Failure);
                        throw;
                    }
                },
                static () => true,
                () => known < (known = tasks.Count(t => t.TaskId is not null)),
                static _ => { },
                target.Deadline, ct);
        }
        catch (SyncFailureException e) when (e.Failure.MessageKey == LabelStudioErrors.Refused)
        {
            // part of it may be there all the same
            await match.SinceAsync(target.Server, target.Project, target.Since, tasks, ct);
            var left = Missing(tasks);
            if (left.Count == 1) left[0].IsRefused = true;
            if (left.Count <= 1) return again;
            again |= await SendAsync(target, [.. left.Take(left.Count / 2)], mayBeThere: false, ct);
            again |= await SendAsync(target, [.. left.Skip(left.Count / 2)], mayBeThere: false, ct);
        }

        return again;
    }

    private async Task SendOnceAsync(Target target, IReadOnlyList<OutgoingTask> missing, CancellationToken ct)
    {
        var answer = await client.ImportAsync(target.Server, target.Project, TaskBatch.Body(missing), ct);
        var ids = answer.Import is { } import ? await EndOfAsync(target, import, ct) : answer.TaskIds;
        if (ids is not null) await match.AmongAsync(target.Server, target.Project, ids, missing, ct);
        if (Missing(missing).Count > 0) await match.SinceAsync(target.Server, target.Project, target.Since, missing, ct);

        // Said to be done, and not to be found: asked again, where it will be looked for first.
        if (Missing(missing).Count > 0) throw LabelStudioErrors.Body(target.Server.Url);
    }

    /// <summary>Waits for an import in the background.</summary>
    private async Task<IReadOnlyList<long>?> EndOfAsync(Target target, long import, CancellationToken ct)
    {
        var (began, wait) = (time.GetTimestamp(), options.Value.FirstImportLook);
        while (true)
        {
            ImportState? state = null;
            try
            {
                state = await client.ImportStateAsync(target.Server, target.Project, import, ct);
            }
            catch (SyncFailureException e) when (e.Failure.Kind == FailureKind.Transient && time.GetElapsedTime(began) < Patience && time.GetUtcNow() + (e.Failure.RetryAfter ?? wait) < target.Deadline)
            {
                wait = e.Failure.RetryAfter ?? wait;
            }

            if (state is { HasFailed: true }) throw LabelStudioErrors.ImportFailed(target.Server.Url);
            if (state is { IsDone: true }) return state.TaskIds;
            if (time.GetElapsedTime(began) >= Patience) throw LabelStudioErrors.ImportOpen(target.Server.Url);
            await Task.Delay(wait, time, ct);
            wait = Longer(wait);
        }
    }

    /// <summary>
    /// Looks for what an earlier request may have left, until nothing more comes for a while: one that was taken and not answered may still be at work, in the background or behind a gateway that gave up.
    /// What comes later still is <see cref="TaskTwins"/>' part.
    /// </summary>
    private async Task LookAsync(Target target, IReadOnlyList<OutgoingTask> tasks, CancellationToken ct)
    {
        await match.SinceAsync(target.Server, target.Project, target.Since, tasks, ct);
        for (var (quiet, wait) = (0, options.Value.FirstImportLook); quiet < 4 && Missing(tasks) is { Count: var left and > 0 }; wait = Longer(wait))
        {
            await Task.Delay(wait, time, ct);
            await match.SinceAsync(target.Server, target.Project, target.Since, tasks, ct);
            quiet = Missing(tasks).Count < left ? 0 : quiet + 1;
        }
    }

    private static TimeSpan Longer(TimeSpan wait) => wait < LongestLook / 2 ? wait * 2 : LongestLook;

    /// <summary>True where it is certain that the server did nothing.</summary>
    private static bool WasNotTaken(SyncFailure failure)
        => failure.MessageKey is "errors.connection.refused" or "errors.connection.unresolved"
            || (failure.MessageKey == LabelStudioErrors.BusyKey && failure.Params?["status"] is 429);

    private static List<OutgoingTask> Missing(IReadOnlyList<OutgoingTask> tasks) => [.. tasks.Where(t => t.TaskId is null && !t.IsRefused)];

    private sealed record Target(LabelStudioServer Server, long Project, DateTimeOffset Since, DateTimeOffset Deadline);
}
