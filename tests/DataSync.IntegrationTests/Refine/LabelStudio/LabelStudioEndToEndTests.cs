using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using DataSync.IntegrationTests.Host;

namespace DataSync.IntegrationTests.Refine.LabelStudio;

/// <summary>Over the REST API, with the host's processes: records are sent, the job waits without a worker, people annotate, and the export holds both.</summary>
[Collection(RefiningTests.Name)]
public sealed class LabelStudioEndToEndTests(RefiningSystem system)
{
    private const string Good = """[{"id":"r","from_name":"mood","to_name":"text","type":"choices","value":{"choices":["good"]}}]""";

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_timeout_ends_the_waiting_with_what_there_is()
    {
        using var client = await system.TenantAsync("in time", 11, new FakeProject { Overlap = 2 });
        var job = await RefiningSystem.WaitingAsync(client, 11, annotationTimeout: 20);
        var tasks = system.Fake.Work.Tasks(11).OrderBy(t => t.Data["id"]!.GetValue<int>()).ToList();
        system.Fake.Work.Annotate(tasks[0].Id, 1, Good);
        system.Fake.Work.Skip(tasks[1].Id, 1);
        system.Fake.Work.Draft(tasks[2].Id);
        system.Fake.Work.Delete(tasks[3].Id);
        var ended = await client.EndAsync(job, Ct);
        Assert.True(ended.GetProperty("status").GetString() == "completed", $"{ended.GetRawText()}\n{system.Worker.Log}");
        var lines = (await client.ExportAsync(job, "data.jsonl", Ct)).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(["partial", "skipped", "draft_only", "deleted"], lines.Select(l => JsonElement.Parse(l).GetProperty("_label_studio").GetProperty("outcome").GetString()));
    }

    [Fact]
    public async Task A_hint_makes_a_job_look_that_would_look_in_hours_and_is_answered_without_asking_label_studio()
    {
        using var client = await system.TenantAsync("hinted", 12, new FakeProject());
        var old = await LabelStudioHook.NewAsync(client, 12, Ct);
        var hook = await LabelStudioHook.NewAsync(client, 12, Ct);
        Assert.Equal(HttpStatusCode.Unauthorized, await old.SendAsync(Ct));
        var asked = system.Fake.Asked.Count;
        var held = new TaskCompletionSource();
        system.Fake.Open = held.Task;
        for (var i = 0; i < 50; i++) Assert.Equal(HttpStatusCode.Accepted, await hook.SendAsync(Ct));
        Assert.Equal(asked, system.Fake.Asked.Count); // nobody waits, so nobody asked
        held.SetResult();

        var job = await RefiningSystem.WaitingAsync(client, 12);
        await using (var rests = system.Running.Database.Superuser.CreateCommand($"SELECT not_before > now() + interval '40 minutes' FROM sync_jobs WHERE id = '{job:D}'")) Assert.Equal(true, await rests.ExecuteScalarAsync(Ct));
        foreach (var task in system.Fake.Work.Tasks(12)) system.Fake.Work.Annotate(task.Id, 1, Good);
        asked = system.Fake.Asked.Count;
        held = new TaskCompletionSource();
        system.Fake.Open = held.Task;
        Assert.Equal(HttpStatusCode.Accepted, await hook.SendAsync(Ct));
        await RunningSystem.WaitAsync("the look that the hint brought about", () => Task.FromResult(system.Fake.Asked.Count > asked), Ct);
        Assert.Equal(HttpStatusCode.Accepted, await hook.SendAsync(Ct)); // and that look still has no answer
        held.SetResult();
        Assert.Equal("completed", (await client.EndAsync(job, Ct)).GetProperty("status").GetString());
        await using var kept = system.Running.Database.Superuser.CreateCommand("SELECT count(*) FROM label_studio_projects p WHERE p::text LIKE '%CANARY%' OR p::text LIKE '%' || $1 || '%'");
        kept.Parameters.Add(new Npgsql.NpgsqlParameter { Value = hook.Secret });
        Assert.Equal(0L, await kept.ExecuteScalarAsync(Ct));
    }

    [Fact]
    public async Task A_wrong_secret_goes_the_way_of_the_right_one_and_so_do_projects_and_tenants_that_are_not()
    {
        using var client = await system.TenantAsync("secretive", 16, new FakeProject());
        var hook = await LabelStudioHook.NewAsync(client, 16, Ct);
        Assert.Equal(HttpStatusCode.Unauthorized, await (hook with { Header = "X-Other" }).SendAsync(Ct));
        Assert.Equal(HttpStatusCode.Unauthorized, await (hook with { Secret = "short" }).SendAsync(Ct));
        LabelStudioHook[] hooks =
        [
            hook, hook.Wrong(),
            hook with { Path = hook.Path.Replace("/16", "/17", StringComparison.Ordinal) },
            hook with { Path = hook.Path.Replace("secretive", "nobody", StringComparison.Ordinal) },
        ];

        // While nobody may read the projects, none of them is answered: each looks for its project first.
        await using var look = await system.Running.Database.Superuser.OpenConnectionAsync(Ct);
        await using var holding = await system.Running.Database.Superuser.OpenConnectionAsync(Ct);
        await using var transaction = await holding.BeginTransactionAsync(Ct);
        await using (var hold = new Npgsql.NpgsqlCommand("LOCK TABLE label_studio_projects IN ACCESS EXCLUSIVE MODE", holding)) await hold.ExecuteNonQueryAsync(Ct);
        var answers = hooks.Select(h => h.SendAsync(Ct)).ToArray();
        await RunningSystem.WaitAsync("four look-ups", async () =>
        {
            await using var waiting = new Npgsql.NpgsqlCommand("SELECT count(*) FROM pg_locks WHERE relation = 'label_studio_projects'::regclass AND NOT granted", look);
            return (long)(await waiting.ExecuteScalarAsync(Ct))! >= hooks.Length; // a worker may look for its own
        }, Ct);
        Assert.DoesNotContain(answers, a => a.IsCompleted);
        await transaction.RollbackAsync(Ct);
        Assert.Equal([HttpStatusCode.Accepted, HttpStatusCode.Unauthorized, HttpStatusCode.Unauthorized, HttpStatusCode.Unauthorized], await Task.WhenAll(answers));
    }

    [Fact]
    public async Task A_job_cancelled_while_it_waits_leaves_its_tasks_alone()
    {
        using var client = await system.TenantAsync("cancels", 14, new FakeProject());
        var job = await RefiningSystem.WaitingAsync(client, 14);
        await client.PostAsync($"api/sync/jobs/{job}/cancel", new { }, HttpStatusCode.Accepted, Ct);
        Assert.Equal("cancelled", (await client.EndAsync(job, Ct)).GetProperty("status").GetString());
        Assert.Equal(RefiningSystem.Rows, system.Fake.Work.Tasks(14).Count);
    }

    [Fact]
    public async Task A_number_alone_opens_nobodys_project_and_keys_never_come_back()
    {
        using var owner = await system.TenantAsync("owner", 15, new FakeProject());
        using var stranger = system.Running.Client("stranger");
        await stranger.PostAsync("api/sources", system.Running.Source("reviews", new { table = "reviews" }), HttpStatusCode.Created, Ct);
        var asked = new { source_id = "reviews", output_format = "jsonl", refinement_config = new { enable_label_studio = true, label_studio_project_id = 15 } };
        using var chinese = system.Running.Client("stranger", language: "zh-CN");
        var forbidden = await RefusedAsync(stranger, asked);
        Assert.Equal("No Label Studio project of this number is bound to this tenant.", forbidden);
        Assert.Equal(forbidden, await RefusedAsync(stranger, asked with { refinement_config = new { enable_label_studio = true, label_studio_project_id = 99 } }));
        Assert.Equal("没有该编号的 Label Studio 项目绑定到此租户。", await RefusedAsync(chinese, asked));
        await stranger.PostAsync("api/label-studio/projects/15/test", new { }, HttpStatusCode.NotFound, Ct);
        await stranger.PostAsync("api/sources", system.Running.Source("planned", new { table = "reviews" }, new { asked.refinement_config }), HttpStatusCode.Created, Ct); // it may be bound later
        using (var planned = await stranger.PutAsJsonAsync("api/sources/planned/schedule", new { cron = "0 0 * * *", time_zone = "UTC" }, Ct))
        {
            Assert.Equal(HttpStatusCode.UnprocessableEntity, planned.StatusCode);
            Assert.Contains("faults.label_studio_project", await planned.Content.ReadAsStringAsync(Ct), StringComparison.Ordinal);
        }

        Assert.Empty(system.Fake.Work.Tasks(15));
        Assert.Empty((await stranger.GetJsonAsync("api/sync/jobs", Ct)).GetProperty("items").EnumerateArray());
        await stranger.GetJsonAsync("api/label-studio/projects/15", Ct, HttpStatusCode.NotFound);
        using (var self = await stranger.PutAsync(new Uri("api/label-studio/projects/15/binding", UriKind.Relative), null, Ct)) Assert.Equal(HttpStatusCode.Forbidden, self.StatusCode);

        // a server of one's own: the same number there is another project
        await using var own = await FakeLabelStudio.StartAsync();
        own.Work.Projects[15] = new FakeProject();
        var put = await PutAsync(stranger, 15, own.Url.AbsoluteUri, own.Logins.Legacy);
        Assert.Equal((HttpStatusCode.OK, true), (put.Status, put.Text.Contains("\"***\"", StringComparison.Ordinal)));
        Assert.DoesNotContain(own.Logins.Legacy, put.Text + await stranger.GetStringAsync(new Uri("api/label-studio/projects", UriKind.Relative), Ct), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, (await PutAsync(stranger, 15, own.Url.AbsoluteUri, "***")).Status);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await PutAsync(stranger, 15, "https://elsewhere.example", "***")).Status);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await PutAsync(stranger, 15, "http://elsewhere.example", "key")).Status);
        var job = await RefiningSystem.WaitingAsync(stranger, 15);
        Assert.Equal((RefiningSystem.Rows, 0), (own.Work.Tasks(15).Count, system.Fake.Work.Tasks(15).Count));

        // the way there, step by step
        Assert.Equal("credentials passed , server passed Community, login passed labels@example.com, project passed Project 15", await TestAsync(stranger, 15));
        Assert.Equal("credentials passed , server passed Community, login passed , project passed Project 15", await TestAsync(owner, 15));
        Assert.Equal(HttpStatusCode.OK, (await PutAsync(stranger, 16, own.Url.AbsoluteUri, own.Logins.Legacy)).Status);
        Assert.Equal("credentials passed , server passed Community, login passed labels@example.com, project failed SYNC_255", await TestAsync(stranger, 16));
        own.Logins.LegacyIsOff = true;
        Assert.Equal("credentials passed , server passed Community, login failed SYNC_251, project skipped ", await TestAsync(stranger, 15));
        own.Logins.LegacyIsOff = false;
        own.Fault = static _ => FakeFault.Reset(before: true);
        Assert.StartsWith("credentials passed , server failed SYNC_", await TestAsync(stranger, 15), StringComparison.Ordinal);
        own.Fault = static _ => null;

        // tasks' numbers mean others elsewhere: a job does not go on there
        await using var other = await FakeLabelStudio.StartAsync();
        other.Work.Projects[15] = new FakeProject();
        Assert.Equal(HttpStatusCode.OK, (await PutAsync(stranger, 15, other.Url.AbsoluteUri, other.Logins.Legacy)).Status);
        await RefiningSystem.HintAsync(stranger, 15);
        Assert.Equal("SYNC_272", (await stranger.EndAsync(job, Ct)).GetProperty("error_details").GetProperty("error_code").GetString());
        Assert.Empty(other.Asked);

        // nor does one whose project was taken away meanwhile
        job = await RefiningSystem.WaitingAsync(stranger, 15);
        var hook = await LabelStudioHook.NewAsync(stranger, 15, Ct);
        using (var gone = await stranger.DeleteAsync(new Uri("api/label-studio/projects/15", UriKind.Relative), Ct)) Assert.Equal(HttpStatusCode.NoContent, gone.StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, await hook.SendAsync(Ct));
        await using (var due = system.Running.Database.Superuser.CreateCommand($"UPDATE sync_jobs SET not_before = now() WHERE id = '{job:D}'")) await due.ExecuteNonQueryAsync(Ct);
        Assert.Equal("SYNC_259", (await stranger.EndAsync(job, Ct)).GetProperty("error_details").GetProperty("error_code").GetString());
        Assert.Equal("operator", (await owner.GetJsonAsync("api/label-studio/projects/15", Ct)).GetProperty("server").GetString());
    }

    [Theory]
    [InlineData("realtime")]
    [InlineData("hybrid")]
    public async Task Modes_that_cannot_wait_are_refused_by_name(string mode)
    {
        using var client = system.Running.Client("modes");
        using (var made = await client.PostAsJsonAsync("api/sources", system.Running.Source("reviews", new { table = "reviews" }), Ct)) Assert.True(made.StatusCode is HttpStatusCode.Created or HttpStatusCode.Conflict);
        var refused = await client.PostAsync("api/sync/start", new { source_id = "reviews", mode, output_format = "jsonl", refinement_config = new { enable_label_studio = true, label_studio_project_id = 0, label_studio_merge = "best" } }, HttpStatusCode.UnprocessableEntity, Ct);
        var faults = refused.GetProperty("errors").EnumerateArray().Select(f => $"{f.GetProperty("path").GetString()} {f.GetProperty("message_key").GetString()}").ToList();
        Assert.Contains("/refinement_config/enable_label_studio faults.label_studio_mode", faults);
        Assert.Contains("/refinement_config/label_studio_project_id faults.integer", faults);
        Assert.Contains("/refinement_config/label_studio_merge faults.one_of", faults);
    }

    private static async Task<(HttpStatusCode Status, string Text)> PutAsync(HttpClient client, long project, string url, string key)
    {
        using var answer = await client.PutAsJsonAsync($"api/label-studio/projects/{project}", new { base_url = url, api_key = key }, Ct);
        return (answer.StatusCode, await answer.Content.ReadAsStringAsync(Ct));
    }

    /// <summary>What a Start is refused with that asks for a project.</summary>
    private static async Task<string> RefusedAsync(HttpClient client, object start)
    {
        var refused = await client.PostAsync("api/sync/start", start, HttpStatusCode.UnprocessableEntity, Ct);
        var fault = Assert.Single(refused.GetProperty("errors").EnumerateArray());
        Assert.Equal(("/refinement_config/label_studio_project_id", "faults.label_studio_project"), (fault.GetProperty("path").GetString(), fault.GetProperty("message_key").GetString()));
        return fault.GetProperty("message").GetString()!;
    }

    /// <summary>Each check with its outcome and what it saw, or the code of what was wrong.</summary>
    private static async Task<string> TestAsync(HttpClient client, long project)
    {
        var answer = await client.PostAsync($"api/label-studio/projects/{project}/test", new { }, HttpStatusCode.OK, Ct);
        var checks = answer.GetProperty("checks").EnumerateArray().ToList();
        Assert.Equal(checks.All(c => c.GetProperty("outcome").ValueEquals("passed")), answer.GetProperty("passed").GetBoolean());
        Assert.All(checks, c => Assert.Equal(c.GetProperty("outcome").ValueEquals("failed"), c.GetProperty("message").ValueKind == JsonValueKind.String));
        return string.Join(", ", checks.Select(c => $"{c.GetProperty("name").GetString()} {c.GetProperty("outcome").GetString()} {Seen(c)}"));

        static string? Seen(JsonElement check)
        {
            if (check.GetProperty("error_code").GetString() is { } code) return code;
            var details = check.GetProperty("details");
            return details.EnumerateObject().Where(d => d.Name is "edition" or "user" or "title").Select(d => d.Value.GetString()).FirstOrDefault();
        }
    }
}
