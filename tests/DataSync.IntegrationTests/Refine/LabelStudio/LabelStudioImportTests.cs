using System.Text;
using System.Text.Json.Nodes;
using DataSync.Pipeline.Failures;
using DataSync.Refine.LabelStudio.Tasks;

namespace DataSync.IntegrationTests.Refine.LabelStudio;

/// <summary>Records become tasks once each, whatever happens on the way; an import has no key of its own to be repeated by.</summary>
public sealed class LabelStudioImportTests
{
    private const string Import = "/import";

    /// <summary>What may happen to an import, and whether the server has taken it then.</summary>
    public static TheoryData<string, bool> Faults
    {
        get
        {
            var faults = new TheoryData<string, bool>();
            foreach (var enterprise in (bool[])[false, true])
            {
                foreach (var fault in (string[])["silence before", "silence after", "reset before", "reset after", "500 before", "500 after", "503 after", "429", "cut"]) faults.Add(fault, enterprise);
            }

            return faults;
        }
    }

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Records_are_matched_by_our_key_not_by_order(bool enterprise)
    {
        await using var fake = await FakeLabelStudio.StartAsync(enterprise);
        using var rig = new LabelStudioRig();
        fake.Work.Add(1, System.Text.Json.Nodes.JsonNode.Parse("""{"text":"a stranger's"}""")!);
        fake.Work.Delete(fake.Work.Tasks(1)[0].Id);
        var batch = LabelStudioRig.Batch(Enumerable.Range(0, 120).Select(i => $"text {i}"));
        fake.Work.LargestPage = 50;
        await rig.SendAsync(LabelStudioRig.Legacy(fake), batch);
        LabelStudioRig.AssertEachOnce(fake, batch);
        Assert.Equal(1, fake.Work.Imports);
    }

    [Theory, MemberData(nameof(Faults))]
    public async Task No_fault_loses_or_doubles_a_record(string kind, bool enterprise)
    {
        await using var fake = await FakeLabelStudio.StartAsync(enterprise);
        using var rig = new LabelStudioRig(timeoutSeconds: 1);
        var faults = 1;
        fake.Fault = asked => asked.Contains(Import, StringComparison.Ordinal) && asked.StartsWith("POST", StringComparison.Ordinal) && Interlocked.Decrement(ref faults) >= 0
            ? kind switch
            {
                "silence before" => FakeFault.Silence(before: true),
                "silence after" => FakeFault.Silence(before: false),
                "reset before" => FakeFault.Reset(before: true),
                "reset after" => FakeFault.Reset(before: false),
                "500 before" => FakeFault.Status(500),
                "500 after" => FakeFault.Status(500, before: false),
                "503 after" => FakeFault.Status(503, "0", before: false),
                "429" => FakeFault.Status(429, "0"),
                _ => FakeFault.Cut,
            }
            : null;
        var batch = LabelStudioRig.Batch("one", "two", "three");
        await rig.SendAsync(LabelStudioRig.Legacy(fake), batch);
        LabelStudioRig.AssertEachOnce(fake, batch);
        var taken = kind.EndsWith("after", StringComparison.Ordinal) || kind == "cut";
        Assert.Equal(kind is "silence before" or "reset before" or "500 before" or "429" || taken ? 1 : 2, fake.Work.Imports);
    }

    [Fact]
    public async Task An_attempt_that_died_is_gone_on_with_by_the_next()
    {
        await using var fake = await FakeLabelStudio.StartAsync();
        using var rig = new LabelStudioRig();
        await rig.SendAsync(LabelStudioRig.Legacy(fake), LabelStudioRig.Batch("one", "two"));
        var again = LabelStudioRig.Batch("one", "two", "three");
        await rig.SendAsync(LabelStudioRig.Legacy(fake), again, mayBeThere: true);
        LabelStudioRig.AssertEachOnce(fake, again);
    }

    [Fact]
    public async Task A_twin_that_is_left_over_goes_and_one_that_somebody_annotated_stays()
    {
        await using var fake = await FakeLabelStudio.StartAsync();
        using var rig = new LabelStudioRig();
        foreach (var _ in (int[])[1, 2]) await rig.SendAsync(LabelStudioRig.Legacy(fake), LabelStudioRig.Batch("one", "two"));
        var twin = fake.Work.Tasks(1).Last(t => t.Data["text"]!.GetValue<string>() == "two");
        fake.Work.Annotate(twin.Id, 1, "[]");
        var batch = LabelStudioRig.Batch("one", "two");
        await rig.SendAsync(LabelStudioRig.Legacy(fake), batch, mayBeThere: true);
        Assert.Equal(3, fake.Work.Tasks(1).Count);
        Assert.Contains(fake.Work.Tasks(1), t => t.Id == twin.Id);
        Assert.All(batch.Tasks, t => Assert.Equal(fake.Work.Tasks(1).First(f => f.Meta![TaskKey.Member]!.GetValue<string>() == t.Key).Id, t.TaskId));
        Assert.DoesNotContain(fake.Asked, a => a.StartsWith("DELETE", StringComparison.Ordinal) && a.Contains("/projects/", StringComparison.Ordinal));
        Assert.False(fake.Work.WasWiped);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_record_that_does_not_fit_is_refused_alone(bool enterprise)
    {
        await using var fake = await FakeLabelStudio.StartAsync(enterprise);
        using var rig = new LabelStudioRig();
        fake.Work.Projects[1].Field = "text";
        fake.Work.ImportTakes = TimeSpan.FromMilliseconds(5);
        var batch = new TaskBatch(LabelStudioRig.Job, null);
        for (var i = 1; i <= 9; i++) batch.Add(i, Encoding.UTF8.GetBytes(i == 7 ? """{"picture":1}""" : $$"""{"text":"{{i}}"}"""));
        await rig.SendAsync(LabelStudioRig.Legacy(fake), batch);
        Assert.Equal([7], batch.Tasks.Where(t => t.IsRefused).Select(t => t.Seq));
        Assert.Equal(8, fake.Work.Tasks(1).Count);
        Assert.All(batch.Tasks.Where(t => !t.IsRefused), t => Assert.NotNull(t.TaskId));
    }

    [Fact]
    public async Task A_project_that_is_not_there_fails_for_good()
    {
        await using var fake = await FakeLabelStudio.StartAsync();
        using var rig = new LabelStudioRig();
        var failure = (await Assert.ThrowsAsync<SyncFailureException>(() => rig.SendAsync(LabelStudioRig.Legacy(fake), LabelStudioRig.Batch("x"), project: 99))).Failure;
        Assert.Equal(("errors.label_studio.not_found", FailureKind.Permanent), (failure.MessageKey, failure.Kind));
    }

    [Fact]
    public async Task A_record_that_no_database_of_JSON_holds_is_shown_without_what_it_cannot()
    {
        await using var fake = await FakeLabelStudio.StartAsync();
        using var rig = new LabelStudioRig();
        var batch = new TaskBatch(LabelStudioRig.Job, new HashSet<string>(StringComparer.Ordinal) { "text", "\ufffd" });
        batch.Add(1, """{"text":"a\u0000b\ud83d\ude00\\u0000","\ud800":"\udc00 \ud800\n"}"""u8);
        await rig.SendAsync(LabelStudioRig.Legacy(fake), batch);
        var shown = Assert.Single(fake.Work.Tasks(1)).Data;
        Assert.Equal(("a\ufffdb😀\\u0000", "\ufffd \ufffd\n"), (shown["text"]!.GetValue<string>(), shown["\ufffd"]!.GetValue<string>()));
    }

    [Fact]
    public async Task What_a_dead_attempts_import_still_brings_is_waited_for()
    {
        await using var fake = await FakeLabelStudio.StartAsync(enterprise: true);
        using var rig = new LabelStudioRig();
        var server = LabelStudioRig.Legacy(fake);
        fake.Work.ImportTakes = TimeSpan.FromMilliseconds(150);
        var first = LabelStudioRig.Batch("one", "two");
        await rig.Client.ImportAsync(server, 1, TaskBatch.Body(first.Tasks), TestContext.Current.CancellationToken);
        var again = LabelStudioRig.Batch("one", "two");
        Assert.False(await rig.SendAsync(server, again, mayBeThere: true));
        LabelStudioRig.AssertEachOnce(fake, again);
        Assert.Equal(1, fake.Work.Imports);
    }

    /// <summary>An import that is still at work brings tasks between any two looks: they are waited for, and the pauses stay those of somebody who waits.</summary>
    [Fact]
    public async Task Tasks_that_come_one_by_one_are_waited_for_with_short_pauses()
    {
        await using var fake = await FakeLabelStudio.StartAsync();
        var pauses = new ShortenedPauses();
        using var rig = new LabelStudioRig(pauses: pauses);
        var batch = LabelStudioRig.Batch(Enumerable.Range(0, 24).Select(i => $"text {i}"));
        var coming = new Queue<OutgoingTask>(batch.Tasks);
        fake.Fault = asked =>
        {
            if (!asked.StartsWith("GET", StringComparison.Ordinal) || !coming.TryDequeue(out var next)) return null;
            var task = JsonNode.Parse(next.Json.Span)!;
            fake.Work.Add(1, task["data"]!.DeepClone(), task["meta"]!.DeepClone());
            return null;
        };
        Assert.False(await rig.SendAsync(LabelStudioRig.Legacy(fake), batch, mayBeThere: true));
        LabelStudioRig.AssertEachOnce(fake, batch);
        Assert.Equal(0, fake.Work.Imports);
        Assert.InRange(pauses.Longest, TimeSpan.FromMilliseconds(40), TimeSpan.FromSeconds(10));
    }

    /// <summary>The job would be ended in the midst of it; given back, it rests without a worker as long as the server wishes.</summary>
    [Fact]
    public async Task A_pause_that_could_not_end_before_the_job_does_is_not_begun()
    {
        await using var fake = await FakeLabelStudio.StartAsync();
        using var rig = new LabelStudioRig();
        fake.Fault = asked => asked.StartsWith("POST", StringComparison.Ordinal) && asked.Contains(Import, StringComparison.Ordinal) ? FakeFault.Status(503, "1800") : null;
        var sending = rig.SendAsync(LabelStudioRig.Legacy(fake), LabelStudioRig.Batch("one"), deadline: DateTimeOffset.UtcNow.AddMinutes(20));
        var failure = (await Assert.ThrowsAsync<SyncFailureException>(() => sending.WaitAsync(TimeSpan.FromMinutes(1), Ct))).Failure;
        Assert.Equal(("errors.label_studio.busy", FailureKind.Transient, TimeSpan.FromMinutes(30)), (failure.MessageKey, failure.Kind, failure.RetryAfter));
        Assert.Single(fake.Asked, a => a.StartsWith("POST", StringComparison.Ordinal));
    }

    [Fact]
    public void Add_keeps_a_documents_bytes_wraps_what_is_no_object_and_leaves_members_out()
    {
        var whole = new TaskBatch(LabelStudioRig.Job, null);
        whole.Add(1, "{\"n\": 1.10, \"b\":\"\\u00e9\", \"big\":9007199254740993}"u8);
        whole.Add(2, "[1, 2]"u8);
        Assert.Equal("""{"data":{"n": 1.10, "b":"\u00e9", "big":9007199254740993},"meta":{"datasync_key":"019f0000000070008000000000000001:1"}}""", Encoding.UTF8.GetString(whole.Tasks[0].Json.Span));
        Assert.StartsWith("""{"data":{"value":[1, 2]},""", Encoding.UTF8.GetString(whole.Tasks[1].Json.Span), StringComparison.Ordinal);
        var part = new TaskBatch(LabelStudioRig.Job, new HashSet<string>(StringComparer.Ordinal) { "text" });
        part.Add(1, """{"secret":{"text":1},"text":[{"a":1}],"more":2}"""u8);
        Assert.StartsWith("""{"data":{"text":[{"a":1}]},"meta":""", Encoding.UTF8.GetString(part.Tasks[0].Json.Span), StringComparison.Ordinal);
    }
}
