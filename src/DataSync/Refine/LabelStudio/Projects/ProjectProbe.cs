using DataSync.Pipeline.Connectors;
using DataSync.Pipeline.Failures;
using DataSync.Platform.Http.Egress;
using DataSync.Refine.LabelStudio.Api;

namespace DataSync.Refine.LabelStudio.Projects;

/// <summary>Goes the way to a project, step by step, without sending anything: the stored key, the server, the login, the project.</summary>
internal sealed class ProjectProbe(ProjectStore store, LabelStudioClient client, TimeProvider time)
{
    /// <summary>A caller waits for this: a server that hangs must not hold the request.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    public Task<LabelStudioProject?> FindAsync(string tenantId, long project, CancellationToken ct) => store.FindAsync(tenantId, project, ct);

    /// <summary>Every step; those behind one that failed were not gone.</summary>
    public async Task<IReadOnlyList<ConnectionCheck>> TestAsync(LabelStudioProject project, CancellationToken ct)
    {
        using var limit = new CancellationTokenSource(Limit, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, ct);
        LabelStudioServer? server = null;
        List<ConnectionCheck> checks = [];
        await StepAsync("credentials", async token =>
        {
            server = await store.ServerAsync(project.TenantId, project.ProjectId, token);
            return [];
        });
        await StepAsync("server", token => VersionAsync(server!, isAnonymous: true, token));
        await StepAsync("login", async token =>
        {
            // whom the operator's key belongs to is no business of a tenant's
            var user = await client.WhoAmIAsync(server!, token);
            (string, string?)[] seen = project.BaseUrl is null ? [] : [("user", user)];
            return checks[^1].Params is { Count: > 0 } ? seen : [.. seen, .. await VersionAsync(server!, isAnonymous: false, token)];
        });
        await StepAsync("project", async token => [("title", await client.TitleAsync(server!, project.ProjectId, token))]);
        return checks;

        async Task StepAsync(string name, Func<CancellationToken, Task<(string Name, string? Value)[]>> goAsync)
        {
            if (checks.Exists(c => c.Passed != true))
            {
                checks.Add(new ConnectionCheck(name, null, 0));
                return;
            }

            var began = time.GetTimestamp();
            try
            {
                var seen = await goAsync(both.Token);
                checks.Add(new ConnectionCheck(name, true, Elapsed(began), Params: seen.ToDictionary(s => s.Name, s => (object?)s.Value, StringComparer.Ordinal)));
            }
            catch (SyncFailureException e)
            {
                checks.Add(Failed(name, began, e.Failure));
            }
            catch (OperationCanceledException e) when (server is not null && !ct.IsCancellationRequested)
            {
                checks.Add(Failed(name, began, EgressErrors.Timeout(server.Url, e).Failure));
            }
        }
    }

    /// <summary>Nothing where the server tells its version only to those with a key, and none was shown: it is there all the same.</summary>
    private async Task<(string Name, string? Value)[]> VersionAsync(LabelStudioServer server, bool isAnonymous, CancellationToken ct)
    {
        try
        {
            var (edition, release) = await client.VersionAsync(server, isAnonymous, ct);
            return [("edition", edition), ("release", release)];
        }
        catch (SyncFailureException e) when (isAnonymous && e.Failure.MessageKey == LabelStudioErrors.Authentication)
        {
            return [];
        }
    }

    private ConnectionCheck Failed(string name, long began, SyncFailure failure) => new(name, false, Elapsed(began), failure.MessageKey, Params: failure.Params);

    private double Elapsed(long began) => Math.Round(time.GetElapsedTime(began).TotalMilliseconds, 3);
}
