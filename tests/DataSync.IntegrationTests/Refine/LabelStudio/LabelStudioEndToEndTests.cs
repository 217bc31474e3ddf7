using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using DataSync.IntegrationTests.Host;

namespace DataSync.IntegrationTests.Refine.LabelStudio;

/// <summary>Over the REST API, with the host's processes: records are sent, the job waits without a worker, people annotate, and the export holds both.</summary>
public sealed class LabelStudioEndToEndTests(LabelStudioSystem system) : IClassFixture<LabelStudioSystem>
{
    private const string Good = """[{"id":"r","from_name":"mood","to_name":"text","type":"choices","value":{"choices":["good"]}}]""";
    private const string Bad = """[{"id":"r","from_name":"mood","to_name":"text","type":"choices","value":{"choices":["bad"]}}]""";

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_job_waits_over_a_restart_and_exports_originals_and_annotations()
    {
        using var client = await system.TenantAsync("waits", 10, new FakeProject { Overlap = 2 });
        var job = await LabelStudioSystem.WaitingAsync(client, 10);
        var tasks = system.Fake.Work.Tasks(10);
        Assert.Equal(LabelStudioSystem.Rows, tasks.Count);
        await system.RestartWorkerAsync();
        foreach (var task in tasks) system.Fake.Work.Annotate(task.Id, 1, Bad);
        foreach (var task in tasks) system.Fake.Work.Annotate(task.Id, 2, Good);
        var ended = await client.EndAsync(job, Ct);
        Assert.True(ended.GetProperty("status").GetString() == "completed", $"{ended.GetRawText()}\n{system.Worker.Log}");
        var lines = (await client.ExportAsync(job, "data.jsonl", Ct)).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(LabelStudioSystem.Rows, lines.Length);
        foreach (var (i, line) in lines.Index())
        {
            var record = JsonElement.Parse(line);
            Assert.StartsWith($$"""{"id":{{i + 1}},"text":"Text {{i + 1}} 好","price":{{(i + 1) * 11 / 10}}.{{(i + 1) * 11 % 10}}0,""", line, StringComparison.Ordinal);
            var made = record.GetProperty("_label_studio");
            Assert.Equal("completed", made.GetProperty("outcome").GetString());
            Assert.Equal($"Text {i + 1} 好", system.Fake.Work.Task(made.GetProperty("task_id").GetInt64()).Data["text"]!.GetValue<string>());
            Assert.Equal("good", made.GetProperty("annotations")[0].GetProperty("result")[0].GetProperty("value").GetProperty("choices")[0].GetString());
            Assert.Equal([1, 2], made.GetProperty("raw").EnumerateArray().Select(a => a.GetProperty("completed_by").GetProperty("id").GetInt32()));
        }

        Assert.False(system.Fake.Work.WasWiped);
    }

    [Fact]
    public async Task The_timeout_ends_the_waiting_with_what_there_is()
    {
        using var client = await system.TenantAsync("in time", 11, new FakeProject { Overlap = 2 });
        var job = await LabelStudioSystem.WaitingAsync(client, 11, annotationTimeout: 5);
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
    public async Task A_hint_makes_a_job_look_at_once_and_nobody_else_can_give_one()
    {
        using var client = await system.TenantAsync("hinted", 12, new FakeProject());
        var made = await client.PostAsync("api/label-studio/projects/12/hook", new { }, HttpStatusCode.OK, Ct);
        var (path, header, secret) = (made.GetProperty("path").GetString()!, made.GetProperty("header").GetString()!, made.GetProperty("secret").GetString()!);
        Assert.Equal(HttpStatusCode.Unauthorized, await HintAsync(client, path, header, secret[..^1] + (secret[^1] == 'A' ? 'B' : 'A')));
        Assert.Equal(HttpStatusCode.Unauthorized, await HintAsync(client, path.Replace("/12", "/13", StringComparison.Ordinal), header, secret));
        Assert.Equal(HttpStatusCode.Unauthorized, await HintAsync(client, path.Replace("hinted", "nobody", StringComparison.Ordinal), header, secret));
        Assert.Equal(HttpStatusCode.Unauthorized, await HintAsync(client, path, "X-Other", secret));
        Assert.Equal(HttpStatusCode.Accepted, await HintAsync(client, path, header, secret));
        var newer = (await client.PostAsync("api/label-studio/projects/12/hook", new { }, HttpStatusCode.OK, Ct)).GetProperty("secret").GetString()!;
        Assert.Equal(HttpStatusCode.Unauthorized, await HintAsync(client, path, header, secret));
        var job = await LabelStudioSystem.WaitingAsync(client, 12);
        foreach (var task in system.Fake.Work.Tasks(12)) system.Fake.Work.Annotate(task.Id, 1, Good);
        Assert.Equal(HttpStatusCode.Accepted, await HintAsync(client, path, header, newer));
        Assert.Equal("completed", (await client.EndAsync(job, Ct)).GetProperty("status").GetString());
        await using var kept = system.Running.Database.Superuser.CreateCommand("SELECT count(*) FROM label_studio_projects p WHERE p::text LIKE '%CANARY%' OR p::text LIKE '%' || $1 || '%'");
        kept.Parameters.Add(new Npgsql.NpgsqlParameter { Value = newer });
        Assert.Equal(0L, await kept.ExecuteScalarAsync(Ct));
    }

    [Fact]
    public async Task A_job_cancelled_while_it_waits_leaves_its_tasks_alone()
    {
        using var client = await system.TenantAsync("cancels", 14, new FakeProject());
        var job = await LabelStudioSystem.WaitingAsync(client, 14);
        await client.PostAsync($"api/sync/jobs/{job}/cancel", new { }, HttpStatusCode.Accepted, Ct);
        Assert.Equal("cancelled", (await client.EndAsync(job, Ct)).GetProperty("status").GetString());
        Assert.Equal(LabelStudioSystem.Rows, system.Fake.Work.Tasks(14).Count);
    }

    [Fact]
    public async Task A_number_alone_opens_nobodys_project_and_keys_never_come_back()
    {
        using var owner = await system.TenantAsync("owner", 15, new FakeProject());
        using var stranger = system.Running.Client("stranger");
        await stranger.PostAsync("api/sources", system.Running.Source("reviews", new { table = "reviews" }), HttpStatusCode.Created, Ct);
        var asked = new { source_id = "reviews", output_format = "jsonl", refinement_config = new { enable_label_studio = true, label_studio_project_id = 15 } };
        var failed = await stranger.EndAsync(await stranger.StartAsync(asked, Ct), Ct);
        Assert.Equal(("failed", "SYNC_259"), (failed.GetProperty("status").GetString(), failed.GetProperty("error_details").GetProperty("error_code").GetString()));
        Assert.Empty(system.Fake.Work.Tasks(15));
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
        var job = await LabelStudioSystem.WaitingAsync(stranger, 15);
        Assert.Equal((LabelStudioSystem.Rows, 0), (own.Work.Tasks(15).Count, system.Fake.Work.Tasks(15).Count));

        // tasks' numbers mean others elsewhere: a job does not go on there
        await using var other = await FakeLabelStudio.StartAsync();
        Assert.Equal(HttpStatusCode.OK, (await PutAsync(stranger, 15, other.Url.AbsoluteUri, other.Logins.Legacy)).Status);
        Assert.Equal("SYNC_272", (await stranger.EndAsync(job, Ct)).GetProperty("error_details").GetProperty("error_code").GetString());
        Assert.Empty(other.Asked);
        using (var gone = await stranger.DeleteAsync(new Uri("api/label-studio/projects/15", UriKind.Relative), Ct)) Assert.Equal(HttpStatusCode.NoContent, gone.StatusCode);
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

    /// <summary>As Label Studio sends it: with a whole payload, without a token.</summary>
    private static async Task<HttpStatusCode> HintAsync(HttpClient client, string path, string header, string secret)
    {
        using var hint = new HttpRequestMessage(HttpMethod.Post, new Uri(client.BaseAddress!, path)) { Content = JsonContent.Create(new { action = "ANNOTATION_CREATED", project = new { task_data_password = "CANARY" } }) };
        hint.Headers.Add(header, secret);
        using var sender = new HttpClient { Timeout = TimeSpan.FromSeconds(30) };
        using var answer = await sender.SendAsync(hint, Ct);
        return answer.StatusCode;
    }
}
