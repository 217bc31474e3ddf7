using System.Text;
using DataSync.Pipeline.Failures;
using DataSync.Refine.LabelStudio.Api;
using DataSync.Refine.LabelStudio.Outcomes;
using DataSync.Refine.LabelStudio.Tasks;

namespace DataSync.IntegrationTests.Refine.LabelStudio;

/// <summary>Every kind of request that we send, and every answer that our fake gives to it, is as Label Studio's own description says.</summary>
public sealed class LabelStudioConformanceTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Requests_and_answers_are_as_the_description_says()
    {
        await using var community = await FakeLabelStudio.StartAsync();
        await using var enterprise = await FakeLabelStudio.StartAsync(enterprise: true);
        foreach (var fake in (FakeLabelStudio[])[community, enterprise])
        {
            fake.FillsRequired = true;
            await using var prism = await PrismProxy.StartAsync(fake.Url, Ct);
            using var rig = new LabelStudioRig(timeoutSeconds: 30);
            foreach (var key in (string[])[fake.Logins.Legacy, fake.Logins.Personal]) await WalkAsync(rig, fake, LabelStudioRig.Server(prism.Url, key));

            // The proxy does look: what the description does not allow comes back as a failure, and never arrives.
            var imports = fake.Work.Imports;
            await Assert.ThrowsAsync<SyncFailureException>(() => rig.Client.ImportAsync(LabelStudioRig.Server(prism.Url, fake.Logins.Legacy), 1, """[{"meta":{}}]"""u8.ToArray(), Ct));
            Assert.Equal(imports, fake.Work.Imports);
        }
    }

    private static async Task WalkAsync(LabelStudioRig rig, FakeLabelStudio fake, LabelStudioServer server)
    {
        foreach (var task in fake.Work.Tasks(1)) fake.Work.Delete(task.Id);
        Assert.Equal(fake.Work.IsEnterprise, await rig.Client.IsEnterpriseAsync(server, Ct));
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
