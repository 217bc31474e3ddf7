using DataSync.Pipeline.Failures;

namespace DataSync.Jobs.Webhooks.Receive;

/// <summary>A tenant and a source as a stranger names them.</summary>
internal readonly record struct SourceName(string TenantId, string SourceId);

/// <summary>What there is behind a name.</summary>
internal enum NameStands
{
    /// <summary>No tenant that has a source.</summary>
    ForNothing,

    /// <summary>A tenant that has sources, and none of this name.</summary>
    ForTenant,

    /// <summary>A source.</summary>
    ForSource,
}

/// <summary>Asks of many names at once what there is behind them; answers in their order.</summary>
internal delegate Task<IReadOnlyList<NameStands>> AskNames(IReadOnlyList<SourceName> names);

/// <summary>
/// Tells whether there is anything behind names that this process knows nothing of. However many strangers make up, one question after the other asks for all that wait: a flood
/// of them costs the database a few small questions, and whoever is really there, and is asked for first in the midst of it, waits for one or two of these.
/// </summary>
internal sealed class SourceNames(AskNames ask, TimeProvider time)
{
    private const int MostAtOnce = 2000, MostWaiting = 50_000;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);
    private readonly Lock _lock = new();
    private readonly Queue<Waiting> _waiting = new();
    private bool _isAsking;

    public async Task<NameStands> FindAsync(string tenantId, string sourceId)
    {
        var waiting = new Waiting(new SourceName(tenantId, sourceId));
        lock (_lock)
        {
            if (_waiting.Count >= MostWaiting) throw new SyncFailureException(WebhookFailure.Busy);
            _waiting.Enqueue(waiting);
            if (!_isAsking) _ = Task.Run(AskAllAsync, CancellationToken.None);
            _isAsking = true;
        }

        try
        {
            return await waiting.Answer.Task.WaitAsync(Patience, time);
        }
        catch (TimeoutException)
        {
            waiting.IsGone = true;
            throw new SyncFailureException(WebhookFailure.Busy);
        }
    }

    private async Task AskAllAsync()
    {
        for (var batch = Next(); batch.Count > 0; batch = Next())
        {
            try
            {
                var answers = await ask([.. batch.Select(w => w.Name)]);
                for (var i = 0; i < batch.Count; i++) batch[i].Answer.SetResult(answers[i]);
            }
            catch (Exception e)
            {
                // whoever waits is told what went wrong; the next question is asked all the same
                foreach (var waiting in batch) waiting.Answer.TrySetException(e);
            }
        }
    }

    /// <summary>Those that wait longest and are waited for; none where nobody is, and then nobody asks any more.</summary>
    private List<Waiting> Next()
    {
        lock (_lock)
        {
            var batch = new List<Waiting>();
            while (batch.Count < MostAtOnce && _waiting.TryDequeue(out var waiting))
            {
                if (!waiting.IsGone) batch.Add(waiting);
            }

            _isAsking = batch.Count > 0;
            return batch;
        }
    }

    private sealed class Waiting(SourceName name)
    {
        public SourceName Name => name;

        public TaskCompletionSource<NameStands> Answer { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        /// <summary>Its sender was told to come again.</summary>
        public volatile bool IsGone;
    }
}
