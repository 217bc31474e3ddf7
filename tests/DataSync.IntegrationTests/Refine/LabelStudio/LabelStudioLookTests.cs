using DataSync.Refine.LabelStudio.Outcomes;
using DataSync.Refine.LabelStudio.Tasks;

namespace DataSync.IntegrationTests.Refine.LabelStudio;

/// <summary>Tasks are read with skips and drafts, and each way they may stand at the end is told.</summary>
public sealed class LabelStudioLookTests
{
    private const string Choice = """[{"id":"r1","from_name":"mood","to_name":"text","type":"choices","value":{"choices":["good"]}}]""";

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("completed", "annotate annotate", "REQUEUE_FOR_OTHERS", true)]
    [InlineData("completed", "annotate skip", "IGNORE_SKIPPED", true)]
    [InlineData("partial", "annotate", "REQUEUE_FOR_OTHERS", false)]
    [InlineData("partial", "annotate skip", "REQUEUE_FOR_OTHERS", false)]
    [InlineData("skipped", "skip skip", "IGNORE_SKIPPED", true)]
    [InlineData("skipped", "skip skip", "REQUEUE_FOR_OTHERS", false)]
    [InlineData("skipped", "skip skip skip", "REQUEUE_FOR_ME", false)]
    [InlineData("draft_only", "draft", "REQUEUE_FOR_OTHERS", false)]
    [InlineData("deleted", "annotate delete", "REQUEUE_FOR_OTHERS", true)]
    [InlineData("timed_out", "", "REQUEUE_FOR_OTHERS", false)]
    public async Task Outcomes_are_told_apart(string outcome, string deeds, string skipQueue, bool beforeTheEnd)
    {
        await using var fake = await FakeLabelStudio.StartAsync();
        using var rig = new LabelStudioRig();
        (fake.Work.Projects[1].Overlap, fake.Work.Projects[1].SkipQueue) = (2, skipQueue);
        var batch = LabelStudioRig.Batch("one");
        await rig.SendAsync(LabelStudioRig.Legacy(fake), batch);
        var task = batch.Tasks[0].TaskId!.Value;
        foreach (var (i, deed) in deeds.Split(' ', StringSplitOptions.RemoveEmptyEntries).Index())
        {
            if (deed == "annotate") fake.Work.Annotate(task, i, Choice);
            else if (deed == "skip") fake.Work.Skip(task, i);
            else if (deed == "draft") fake.Work.Draft(task);
            else fake.Work.Delete(task);
        }

        var read = (await rig.Look.ReadAsync(LabelStudioRig.Legacy(fake), 1, [new SentTask(task, batch.Tasks[0].Key)], Ct))[task];
        var early = TaskOutcomes.Of(read, isOver: false);
        Assert.Equal(beforeTheEnd ? outcome : null, early is { } known ? TaskOutcomes.NameOf(known) : null);
        Assert.Equal(outcome, TaskOutcomes.NameOf(TaskOutcomes.Of(read, isOver: true)!.Value));
    }

    [Fact]
    public async Task Many_tasks_come_in_chunks_and_pages_with_annotators_of_either_form_and_no_signed_address()
    {
        await using var fake = await FakeLabelStudio.StartAsync();
        using var rig = new LabelStudioRig();
        var batch = LabelStudioRig.Batch(Enumerable.Range(0, 230).Select(i => $"{i}"));
        await rig.SendAsync(LabelStudioRig.Legacy(fake), batch);
        fake.Work.LargestPage = 40;
        foreach (var task in batch.Tasks) fake.Work.Annotate(task.TaskId!.Value, (int)task.Seq, Choice);
        var gone = batch.Tasks[17];
        fake.Work.Delete(gone.TaskId!.Value);
        var read = await rig.Look.ReadAsync(LabelStudioRig.Legacy(fake), 1, [.. batch.Tasks.Select(t => new SentTask(t.TaskId!.Value, t.Key))], Ct);
        Assert.Equal(230, read.Count);
        foreach (var task in batch.Tasks.Where(t => t != gone))
        {
            var annotation = Assert.Single(read[task.TaskId!.Value]!.Annotations);
            Assert.Equal(($"{task.Seq}", 1.5), (annotation.Annotator, annotation.LeadTime));
        }

        Assert.Null(read[gone.TaskId.Value]);
        var alone = await rig.Client.FindAsync(LabelStudioRig.Legacy(fake), batch.Tasks[0].TaskId!.Value, Ct);
        Assert.Equal("1", Assert.Single(alone!.Annotations).Annotator);
        Assert.All(fake.Asked.Where(a => a.StartsWith("GET /api/tasks", StringComparison.Ordinal)), a => Assert.Contains("resolve_uri=false", a, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_task_under_our_number_that_is_not_ours_counts_as_deleted()
    {
        await using var fake = await FakeLabelStudio.StartAsync();
        using var rig = new LabelStudioRig();
        var strangers = fake.Work.Add(1, System.Text.Json.Nodes.JsonNode.Parse("""{"text":"not ours"}""")!);
        var elsewhere = fake.Work.Add(2, System.Text.Json.Nodes.JsonNode.Parse("""{"text":"not ours"}""")!, System.Text.Json.Nodes.JsonNode.Parse("""{"datasync_key":"k"}"""));
        var read = await rig.Look.ReadAsync(LabelStudioRig.Legacy(fake), 1, [new SentTask(strangers, "k"), new SentTask(elsewhere, "k")], Ct);
        Assert.All(read.Values, Assert.Null);
    }

    [Fact]
    public async Task A_server_that_does_not_manage_many_is_asked_for_fewer()
    {
        await using var fake = await FakeLabelStudio.StartAsync();
        using var rig = new LabelStudioRig(timeoutSeconds: 1);
        var batch = LabelStudioRig.Batch("1", "2", "3", "4");
        await rig.SendAsync(LabelStudioRig.Legacy(fake), batch);
        fake.Fault = static asked => asked.Contains("page_size=4", StringComparison.Ordinal) ? FakeFault.Silence(before: true) : null;
        var read = await rig.Look.ReadAsync(LabelStudioRig.Legacy(fake), 1, [.. batch.Tasks.Select(t => new SentTask(t.TaskId!.Value, t.Key))], Ct);
        Assert.Equal(4, read.Values.Count(t => t is not null));
    }
}
