using System.Net;
using DataSync.Extract.Connectors.Network;

namespace DataSync.Extract.Connectors.Postgres;

/// <summary>
/// Sessions whose reads ended well, kept for a few seconds for the same source's next read: opening one costs either side more than a small sync does.
/// A session serves the same tenant's same source with the same parameters, credentials included, or is ended; nothing set in it outlives the read.
/// </summary>
internal sealed class IdleSessions(TimeProvider time) : IAsyncDisposable
{
    /// <summary>
    /// How long after its first read a session may serve. Long enough for syncs that follow one another; short enough for a login that was taken back to be
    /// refused soon, and for the session to be gone before the customer asks who is still there.
    /// </summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private const int MostOfOne = 8;
    private const int Most = 128;
    private static readonly TimeSpan ResetLimit = TimeSpan.FromSeconds(5);
    private readonly Lock _gate = new();
    private readonly LinkedList<Idle> _idle = [];
    private ITimer? _sweep;
    private bool _closed;

    /// <summary>The newest session of that owner with these parameters at one of these addresses; null where none is left that looks alive.</summary>
    public PostgresSession? Take(string owner, ServerParameters source, IReadOnlyList<IPAddress> vetted, int commandTimeout)
    {
        if (owner.Length == 0) return null;
        lock (_gate)
        {
            for (var node = _idle.Last; node is not null; node = node.Previous)
            {
                var (of, session, _) = node.Value;
                if (of != owner || time.GetElapsedTime(node.Value.Since) >= Patience || session.Source != source || session.CommandTimeout != commandTimeout || !vetted.Contains(session.Address) || !session.IsOpen) continue;
                _idle.Remove(node);
                return session;
            }
        }

        return null;
    }

    /// <summary>Keeps a session, or ends it where there is no room. Neither is waited for.</summary>
    public void Keep(string owner, PostgresSession session) => _ = KeepAsync(owner, session);

    public async ValueTask DisposeAsync()
    {
        List<Idle> left;
        lock (_gate)
        {
            _closed = true;
            left = [.. _idle];
            _idle.Clear();
        }

        if (_sweep is not null) await _sweep.DisposeAsync();
        foreach (var idle in left) await EndAsync(idle.Session);
    }

    private async Task KeepAsync(string owner, PostgresSession session)
    {
        try
        {
            using var limit = new CancellationTokenSource(ResetLimit, time);
            await session.ResetAsync(limit.Token);
        }
        catch (Exception e) when (PostgresErrors.IsKnown(e) || e is OperationCanceledException or InvalidOperationException)
        {
            await EndAsync(session);
            return;
        }

        if (!TryAdd(owner, session)) await EndAsync(session);
    }

    private bool TryAdd(string owner, PostgresSession session)
    {
        lock (_gate)
        {
            if (_closed || _idle.Count >= Most || _idle.Count(i => i.Owner == owner) >= MostOfOne) return false;
            var since = session.KeptSince ??= time.GetTimestamp();
            if (time.GetElapsedTime(since) >= Patience) return false;
            _idle.AddLast(new Idle(owner, session, since));
            _sweep ??= time.CreateTimer(_ => Sweep(), null, Patience / 4, Patience / 4);
            return true;
        }
    }

    private void Sweep()
    {
        List<PostgresSession> old = [];
        lock (_gate)
        {
            for (var node = _idle.First; node is not null;)
            {
                var (at, next) = (node, node.Next);
                node = next;
                if (time.GetElapsedTime(at.Value.Since) < Patience) continue;
                old.Add(at.Value.Session);
                _idle.Remove(at);
            }
        }

        foreach (var session in old) _ = EndAsync(session);
    }

    private static async Task EndAsync(PostgresSession session)
    {
        try
        {
            await session.EndAsync();
        }
        catch (Exception e) when (PostgresErrors.IsKnown(e) || e is InvalidOperationException)
        {
            // it is gone already
        }
    }

    private sealed record Idle(string Owner, PostgresSession Session, long Since);
}
