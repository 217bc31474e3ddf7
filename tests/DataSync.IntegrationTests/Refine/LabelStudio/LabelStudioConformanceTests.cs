using System.Text;
using DataSync.IntegrationTests.Prism;
using DataSync.Pipeline.Failures;
using DataSync.Refine.LabelStudio.Api;
using DataSync.Refine.LabelStudio.Outcomes;
using DataSync.Refine.LabelStudio.Tasks;
using DataSync.Tests;

namespace DataSync.IntegrationTests.Refine.LabelStudio;

/// <summary>Every kind of request that we send, and every answer that our fake gives to it, is as Label Studio's own description says.</summary>
public sealed class LabelStudioConformanceTests
{
    /// <summary>Names the file of Label Studio's description, which is not ours to copy; without it, it is looked for beside the repository.</summary>
    private const string FileSetting = "DATASYNC_LABEL_STUDIO_OPENAPI";

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Requests_and_answers_are_as_the_description_says()
    {
        await using var fake = await FakeLabelStudio.StartAsync();
        await using var prism = await PrismProxy.StartAsync(Description(), fake.Url, Ct);
        foreach (var enterprise in (bool[])[false, true])
        {
            (fake.Work, fake.FillsRequired) = (new FakeProjects(enterprise), true);
            using var rig = new LabelStudioRig(timeoutSeconds: 30);
            foreach (var key in (string[])[fake.Logins.Legacy, fake.Logins.Personal]) await WalkAsync(rig, fake, LabelStudioRig.Server(prism.Url, key));
            if (!enterprise) await ErrorsAsync(rig, fake, LabelStudioRig.Legacy(fake, prism.Url));

            // The proxy does look: what the description does not allow comes back as a failure, and never arrives.
            var imports = fake.Work.Imports;
            await Assert.ThrowsAsync<SyncFailureException>(() => rig.Client.ImportAsync(LabelStudioRig.Server(prism.Url, fake.Logins.Legacy), 1, """[{"meta":{}}]"""u8.ToArray(), Ct));
            Assert.Equal(imports, fake.Work.Imports);
        }
    }

    private static string Description()
    {
        var file = Environment.GetEnvironmentVariable(FileSetting) is { Length: > 0 } named ? named : Path.Combine(Repository.Root, "..", "shared", "reference", "label-studio-openapi-subset.yaml");
        Assert.SkipUnless(File.Exists(file), $"Label Studio's description is not here; {FileSetting} names it.");
        return file;
    }

    /// <summary>
    /// Each error at each endpoint comes through as what it is, and is understood. The description names few (400, 401 and 403 of a list of tasks, 400 of an import, a text) and
    /// leaves the others open; what it forbade, the proxy would answer with an error of its own.
    /// </summary>
    private static async Task ErrorsAsync(LabelStudioRig rig, FakeLabelStudio fake, LabelStudioServer server)
    {
        (string Name, Func<Task> AskAsync)[] requests =
        [
            ("version", () => rig.Client.VersionAsync(server, isAnonymous: false, Ct)),
            ("list", () => rig.Client.ListAsync(server, TaskQuery.KeysSince(1, DateTimeOffset.UnixEpoch), 1, Ct)),
            ("task", () => rig.Client.FindAsync(server, 1, Ct)),
            ("import", () => rig.Client.ImportAsync(server, 1, TaskBatch.Body(LabelStudioRig.Batch("x").Tasks), Ct)),
            ("state", () => rig.Client.ImportStateAsync(server, 1, 1, Ct)),
            ("project", () => rig.Client.TitleAsync(server, 1, Ct)),
            ("delete", () => rig.Client.DeleteAsync(server, 1, Ct)),
        ];
        List<string> wrong = [];
        (int Status, string Expected)[] errors = [(400, "refused"), (401, "authentication"), (403, "authentication"), (404, "not_found"), (429, "busy"), (500, "status"), (503, "busy")];
        foreach (var (status, expected) in errors) wrong.AddRange(await StatusAsync(status, expected));
        Assert.Empty(wrong);

        // It looks at errors too: this one is described as a text, and is none.
        fake.Fault = static _ => FakeFault.Status(400);
        var refused = (await Assert.ThrowsAsync<SyncFailureException>(() => rig.Client.ImportAsync(server, 1, TaskBatch.Body(LabelStudioRig.Batch("x").Tasks), Ct))).Failure;
        Assert.NotEqual(400, refused.Params!["status"]);
        fake.Fault = static _ => null;

        async Task<List<string>> StatusAsync(int status, string expected)
        {
            List<string> found = [];
            foreach (var (name, askAsync) in requests)
            {
                if (status == 404 && name is ("task" or "delete")) continue; // no error there, but an answer
                fake.Fault = _ => name == "import" && status == 400 ? FakeFault.Text(status) : FakeFault.Status(status, status is 429 or 503 ? "3" : null);
                var failure = (await Assert.ThrowsAsync<SyncFailureException>(askAsync)).Failure;
                var seen = $"{failure.MessageKey} {failure.Params!["status"]} {failure.RetryAfter?.TotalSeconds}";
                if (seen != $"errors.label_studio.{expected} {status} {(status is 429 or 503 ? "3" : "")}") found.Add($"{status} {name}: {seen}");
            }

            return found;
        }
    }

    private static async Task WalkAsync(LabelStudioRig rig, FakeLabelStudio fake, LabelStudioServer server)
    {
        foreach (var task in fake.Work.Tasks(1)) fake.Work.Delete(task.Id);
        Assert.Equal(fake.Work.IsEnterprise, (await rig.Client.VersionAsync(server, isAnonymous: false, Ct)).Edition == "Enterprise");
        var batch = new TaskBatch(LabelStudioRig.Job, null);
        foreach (var i in (int[])[1, 2, 3]) batch.Add(i, Encoding.UTF8.GetBytes($$"""{"text":"{{i}}"}"""));
        await rig.SendAsync(server, batch);
        await rig.SendAsync(server, LabelStudioRig.Batch("1", "2", "3"), mayBeThere: true);
        LabelStudioRig.AssertEachOnce(fake, batch);
        fake.Work.Annotate(batch.Tasks[0].TaskId!.Value, 4, """[{"id":"a","from_name":"m","to_name":"t","type":"choices","value":{"choices":["x"]}}]""", groundTruth: true);
        fake.Work.Skip(batch.Tasks[1].TaskId!.Value, 4);
        fake.Work.Draft(batch.Tasks[2].TaskId!.Value);
        var read = await rig.Look.ReadAsync(server, 1, [.. batch.Tasks.Select(t => new SentTask(t.TaskId!.Value, t.Key))], Ct);
        Assert.Equal([TaskOutcome.Completed, TaskOutcome.Skipped, TaskOutcome.DraftOnly], batch.Tasks.Select(t => TaskOutcomes.Of(read[t.TaskId!.Value], isOver: true)!.Value));
        Assert.NotNull(await rig.Client.FindAsync(server, batch.Tasks[0].TaskId!.Value, Ct));
        await rig.Client.DeleteAsync(server, batch.Tasks[2].TaskId!.Value, Ct);
        Assert.Equal(2, fake.Work.Tasks(1).Count);
    }
}
