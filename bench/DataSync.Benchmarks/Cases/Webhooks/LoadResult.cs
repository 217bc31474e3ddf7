namespace DataSync.Benchmarks.Cases.Webhooks;

/// <summary>What came of it. Its memory does not grow with the answers, so that it can follow hours of them.</summary>
internal sealed class LoadResult
{
    private readonly Waits _accepted = new(), _refused = new();

    /// <summary>How long was sent.</summary>
    public TimeSpan Wall { get; set; }

    /// <summary>Answered 202.</summary>
    public long Accepted => _accepted.Count;

    /// <summary>Answered 429 or 503.</summary>
    public long Refused => _refused.Count;

    /// <summary>Milliseconds from a delivery to its 202 that 99 of 100 took at most.</summary>
    public double AcceptedP99 => _accepted.Within(0.99);

    /// <summary>The same to its 429 or 503.</summary>
    public double RefusedP99 => _refused.Within(0.99);

    /// <summary>The longest that anybody waited, in milliseconds.</summary>
    public double Longest => Math.Max(_accepted.Within(1), _refused.Within(1));

    public void Add(int status, TimeSpan waited)
    {
        switch (status)
        {
            case 202: _accepted.Add(waited); break;
            case 429 or 503: _refused.Add(waited); break;
            default: throw new BenchmarkException($"A delivery was answered {status}.");
        }
    }

    /// <summary>Counts waits by twentieths of a millisecond, up to ten seconds.</summary>
    private sealed class Waits
    {
        private const double Step = 0.05;
        private readonly int[] _counts = new int[200_000];

        public long Count { get; private set; }

        public void Add(TimeSpan waited)
        {
            _counts[Math.Min((int)(waited.TotalMilliseconds / Step), _counts.Length - 1)]++;
            Count++;
        }

        public double Within(double share)
        {
            var (left, at) = ((long)Math.Ceiling(Count * share), 0);
            while (left > 0 && at < _counts.Length) left -= _counts[at++];
            return at * Step;
        }
    }
}
