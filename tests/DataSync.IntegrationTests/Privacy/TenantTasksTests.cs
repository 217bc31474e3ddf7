using System.Text.Json.Nodes;
using DataSync.IntegrationTests.Refine.LabelStudio;
using DataSync.Privacy.Tenants;
using DataSync.Refine.LabelStudio.Projects;

namespace DataSync.IntegrationTests.Privacy;

/// <summary>What annotators' servers have of a tenant that is erased.</summary>
public sealed class TenantTasksTests(PrivacyRig rig) : IClassFixture<PrivacyRig>
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Tasks_of_an_erased_tenant_go_from_the_operators_server_and_from_its_own_and_those_of_others_stay()
    {
        await SendAsync("tasks-other");
        var sent = await SendAsync("tasks-gone");
        Assert.Equal((3, 4), (TasksOf("tasks-other").Count, TasksOf("tasks-gone").Count));

        var erased = await rig.Get<TenantErasure>().RunAsync("tasks-gone", leaveTasks: false, Ct);
        Assert.Equal((3, 0, 0), (erased.Tasks, erased.OutOfReach, erased.Unreached.Count));
        Assert.Equal(["another's"], TasksOf("tasks-gone"));
        Assert.Equal(3, TasksOf("tasks-other").Count);
        Assert.Equal(["3"], await rig.ListAsync("SELECT details::json ->> 'annotation_tasks' FROM audit_pending WHERE tenant_id = 'tasks-gone' AND action = 'tenant.erase'"));
        Assert.DoesNotContain(sent, await rig.ListAsync("SELECT id::text FROM sync_jobs"));
    }

    [Fact]
    public async Task A_tenant_whose_tasks_cannot_be_removed_keeps_all_and_its_open_jobs_are_cancelled()
    {
        await SendAsync("tasks-away");
        var before = await rig.DigestsAsync("tasks-away");
        await AwayAsync(async () =>
        {
            var refused = await rig.Get<TenantErasure>().RunAsync("tasks-away", leaveTasks: false, Ct);
            Assert.Equal([(1L, "errors.label_studio.authentication"), (2L, "errors.label_studio.authentication")], refused.Unreached.Select(p => (p.Project, p.MessageKey)));
        });
        Assert.Equal(["cancelled", "completed"], await rig.ListAsync("SELECT status FROM sync_jobs WHERE tenant_id = 'tasks-away' ORDER BY 1"));
        Assert.All((await rig.DigestsAsync("tasks-away")).Where(t => before[t.Key] != t.Value), static t => Assert.StartsWith("sync_job", t.Key, StringComparison.Ordinal));
        Assert.Equal(4, TasksOf("tasks-away").Count);

        Assert.Equal(3, (await rig.Get<TenantErasure>().RunAsync("tasks-away", leaveTasks: false, Ct)).Tasks);
        Assert.Equal(["another's"], TasksOf("tasks-away"));
        Assert.All((await rig.DigestsAsync("tasks-away")).Values, digest => Assert.Equal("none", digest));
    }

    [Fact]
    public async Task A_tenant_whose_tasks_may_be_left_goes_without_them_and_is_told_where_they_are()
    {
        await SendAsync("tasks-left");
        await rig.SqlAsync("DELETE FROM label_studio_projects WHERE tenant_id = 'tasks-left' AND project_id = 2");
        await AwayAsync(async () =>
        {
            var erased = await rig.Get<TenantErasure>().RunAsync("tasks-left", leaveTasks: true, Ct);
            Assert.Equal((1L, 1), (Assert.Single(erased.Unreached).Project, erased.OutOfReach));
        });
        Assert.Equal(4, TasksOf("tasks-left").Count);
        Assert.All((await rig.DigestsAsync("tasks-left")).Values, digest => Assert.Equal("none", digest));
    }

    [Fact]
    public async Task Tasks_that_a_job_sends_while_others_are_removed_go_too()
    {
        await SendAsync("tasks-meanwhile");
        var late = await rig.JobAsync("tasks-meanwhile", "s", PrivacyRig.Plan("jsonl"), ["""{"a":3}"""]);
        var isSent = 0;
        rig.Annotators.Fault = _ =>
        {
            if (Interlocked.Exchange(ref isSent, 1) == 0)
            {
                rig.Annotators.Work.Add(1, new JsonObject { ["a"] = 3 }, new JsonObject { ["datasync_key"] = $"{late:N}:0", ["tenant"] = "tasks-meanwhile" });
                rig.SqlAsync("INSERT INTO label_studio_jobs (tenant_id, job_id, project_id) VALUES ('tasks-meanwhile', $1, 1)", late).GetAwaiter().GetResult();
            }

            return null;
        };
        try
        {
            Assert.Equal(4, (await rig.Get<TenantErasure>().RunAsync("tasks-meanwhile", leaveTasks: false, Ct)).Tasks);
        }
        finally
        {
            rig.Annotators.Fault = static _ => null;
        }

        Assert.Equal(["another's"], TasksOf("tasks-meanwhile"));
    }

    [Fact]
    public async Task Operator_is_told_in_the_language_of_the_terminal_what_stays_and_what_went()
    {
        await SendAsync("tasks-told");
        using var output = new StringWriter();
        using var errors = new StringWriter();
        await AwayAsync(async () => Assert.False(await rig.Get<IServiceProvider>().EraseTenantAsync("tasks-told", leaveTasks: false, output, errors, "zh-CN", Ct)));
        Assert.Equal("", output.ToString());
        Assert.Equal(["1", "2"], errors.ToString().Split('\n').Where(l => l.Contains("errors.label_studio.authentication", StringComparison.Ordinal)).Select(l => l.Split(' ')[4]));
        Assert.Contains("--leave-tasks", errors.ToString(), StringComparison.Ordinal);

        Assert.True(await rig.Get<IServiceProvider>().EraseTenantAsync("tasks-told", leaveTasks: false, output, errors, "en-US", Ct));
        Assert.EndsWith(" of tenant 'tasks-told' removed, with its keys and its files, and 3 tasks at Label Studio.", output.ToString().TrimEnd(), StringComparison.Ordinal);
    }

    /// <summary>Two jobs of records at two servers: the operator's, and one of the tenant's own. One is open. Returns that.</summary>
    private async Task<string> SendAsync(string tenant)
    {
        await rig.SqlAsync("INSERT INTO label_studio_projects (tenant_id, project_id, version, created_by, created_at, updated_at) VALUES ($1, 1, 1, '', now(), now())", tenant);
        await rig.Get<ProjectStore>().ReplaceAsync(tenant, 2, rig.Annotators.Url, rig.Annotators.Logins.Legacy, "alice", Ct);
        var ended = await rig.JobAsync(tenant, "s", PrivacyRig.Plan("jsonl"), ["""{"a":1}""", """{"a":2}"""]);
        var open = (await rig.Jobs.RunningAsync(tenant, "s", PrivacyRig.Plan("jsonl"), Ct)).JobId;
        await rig.SqlAsync("INSERT INTO label_studio_jobs (tenant_id, job_id, project_id) VALUES ($1, $2, 1), ($1, $3, 2)", tenant, ended, open);
        foreach (var (project, key) in ((long, string)[])[(1, $"{ended:N}:0"), (1, $"{ended:N}:1"), (2, $"{open:N}:0")]) Add(project, key);
        if (tenant != "tasks-other") Add(1, "another's");
        return open.ToString();

        void Add(long project, string key) => rig.Annotators.Work.Add(project, new JsonObject { ["a"] = 1 }, new JsonObject { ["datasync_key"] = key, ["tenant"] = tenant });
    }

    private async Task AwayAsync(Func<Task> work)
    {
        rig.Annotators.Fault = static _ => FakeFault.Status(403);
        try
        {
            await work();
        }
        finally
        {
            rig.Annotators.Fault = static _ => null;
        }
    }

    private List<string> TasksOf(string tenant)
        => [.. ((long[])[1, 2]).SelectMany(rig.Annotators.Work.Tasks).Where(t => t.Meta?["tenant"]?.GetValue<string>() == tenant).Select(t => t.Meta!["datasync_key"]!.GetValue<string>())];
}
