using DataSync.Jobs.Webhooks.Receive;
using DataSync.Pipeline.Failures;

namespace DataSync.Tests.Jobs.Webhooks;

/// <summary>A flood of made-up names, and one that is asked for first in the midst of it.</summary>
public class SourceNamesTests
{
    private readonly List<TaskCompletionSource> _questions = [];
    private readonly List<IReadOnlyList<SourceName>> _asked = [];
    private readonly SourceNames _names;
    private bool _fails;

    public SourceNamesTests() => _names = new SourceNames(AskAsync, TimeProvider.System);

    [Fact]
    public async Task All_that_wait_are_asked_for_at_once()
    {
        var first = _names.FindAsync("t", "first");
        await AskedAsync(1);
        var flood = Enumerable.Range(0, 1000).Select(i => _names.FindAsync("made up", $"{i}")).ToList();
        var real = _names.FindAsync("real", "hook");
        _questions[0].SetResult();
        await AskedAsync(2);
        _questions[1].SetResult();
        Assert.Equal(NameStands.ForNothing, await first);
        Assert.Equal(NameStands.ForSource, await real);
        Assert.All(await Task.WhenAll(flood), f => Assert.Equal(NameStands.ForNothing, f));
        Assert.Equal([1, 1001], _asked.Select(a => a.Count));
    }

    [Fact]
    public async Task Failed_question_is_told_to_its_own_and_the_next_is_asked()
    {
        _fails = true;
        var failed = _names.FindAsync("t", "a");
        await AskedAsync(1);
        _questions[0].SetResult();
        await Assert.ThrowsAsync<InvalidOperationException>(() => failed);
        _fails = false;
        var next = _names.FindAsync("real", "hook");
        await AskedAsync(2);
        _questions[1].SetResult();
        Assert.Equal(NameStands.ForSource, await next);
    }

    [Fact]
    public async Task Who_waits_too_long_is_told_to_come_again_and_asked_for_no_more()
    {
        var first = _names.FindAsync("t", "first");
        await AskedAsync(1);
        var second = _names.FindAsync("t", "second");
        foreach (var waiting in (Task[])[first, second]) Assert.Equal("errors.webhook.busy", (await Assert.ThrowsAsync<SyncFailureException>(() => waiting)).Failure.MessageKey);
        var third = _names.FindAsync("real", "hook");
        _questions[0].SetResult();
        await AskedAsync(2);
        _questions[1].SetResult();
        Assert.Equal(NameStands.ForSource, await third);
        Assert.Equal([new SourceName("real", "hook")], _asked[1]);
    }

    private async Task<IReadOnlyList<NameStands>> AskAsync(IReadOnlyList<SourceName> names)
    {
        var question = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_questions)
        {
            _questions.Add(question);
            _asked.Add(names);
        }

        await question.Task;
        if (_fails) throw new InvalidOperationException("The database is away.");
        return [.. names.Select(n => n.TenantId == "real" ? NameStands.ForSource : NameStands.ForNothing)];
    }

    private async Task AskedAsync(int questions)
    {
        for (var until = Environment.TickCount64 + 30_000; Environment.TickCount64 < until; await Task.Delay(5, TestContext.Current.CancellationToken))
        {
            lock (_questions)
            {
                if (_questions.Count >= questions) return;
            }
        }

        Assert.Fail($"{questions} questions were not asked");
    }
}
